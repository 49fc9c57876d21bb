import { Failure, failure } from '../base/fault.ts';
import type { Architecture, Host } from '../base/host.ts';
import { openBase } from '../build/base-image.ts';
import { mirrorsOf } from '../registry/mirrors.ts';
import { parseReference } from '../registry/reference.ts';
import type { PinnedBase } from '../rules/knowledge.ts';
import type { Store } from '../store/store.ts';

/**
 * Asks for the digest that FROM should name. For a reference without a tag, or with `latest`, also for a tag with the
 * version that Python's official images tell in PYTHON_VERSION, if it is the same image. Throws what `openBase` throws.
 */
export async function pinnedBase(host: Host, store: Store, reference: string, architecture: Architecture): Promise<PinnedBase> {
  const image = await openBase(host, store, reference, architecture);
  const parsed = parseReference(reference);
  if (!image || !parsed.ok) throw failure('registry/not-found', `${reference} is no image of a registry`);
  const layout = mirrorsOf(host, parsed.value.registry).find((mirror) => mirror.kind === 'layout');
  // An engine's own copy may have been built or loaded there: its digest need mean nothing to anybody else.
  if (!image.repository && !layout) throw failure('registry/unavailable', `no registry could be asked for ${reference}`);
  const digest = image.indexDigest ?? image.digest;
  const version = image.config.env.find((one) => one.startsWith('PYTHON_VERSION='))?.slice('PYTHON_VERSION='.length);
  const tag = await versionTag(host, store, { reference, architecture, digest, version });
  if (image.repository || !layout) return { digest, versionTag: tag };
  host.emit({ kind: 'warning', text: `the digest of ${reference} is that of the copy in ${layout.path} (SHEAR_REGISTRY_MIRRORS): ${parsed.value.registry} was not asked, and may not have it` });
  return { digest, versionTag: tag, mirror: layout.path };
}

async function versionTag(host: Host, store: Store, image: { readonly reference: string; readonly architecture: Architecture; readonly digest: string; readonly version: string | undefined }): Promise<string | undefined> {
  const { reference, version } = image;
  const isFloating = /:latest$/u.test(reference) || !/:[^/]+$/u.test(reference);
  if (!isFloating || version === undefined) return undefined;
  const name = reference.replace(/:latest$/u, '');
  for (const tag of [version.split('.').slice(0, 2).join('.'), version]) {
    try {
      const other = await openBase(host, store, `${name}:${tag}`, image.architecture);
      if ((other?.indexDigest ?? other?.digest) === image.digest) return tag;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }
  return undefined;
}
