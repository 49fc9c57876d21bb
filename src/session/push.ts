import { join } from 'node:path';
import { Failure, failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { readPlanState, writeWhole } from '../build/state.ts';
import { resolveModel } from '../model/resolve.ts';
import { samParameters } from '../model/samconfig.ts';
import { parseManifest } from '../oci/image-json.ts';
import { openLayout } from '../oci/layout.ts';
import { openProject } from '../project/open.ts';
import type { Project } from '../project/project.ts';
import { renderTemplates } from '../publish/built-template.ts';
import { createRegistryClient, type RegistryClient } from '../registry/client.ts';
import { mirrorRepository, mirrorsOf, originRepository, type Repository } from '../registry/mirrors.ts';
import { pushImage } from '../registry/push-image.ts';
import { parseReference, type Reference } from '../registry/reference.ts';
import { readFileSync } from 'node:fs';
import { build, buildFolder, type BuildOptions } from './build.ts';
import { layoutPath } from './output-paths.ts';

/** What was sent for one function. */
export interface PushedFunction {
  readonly name: string;
  /** `repository@sha256:…`, what ImageUri now is. */
  readonly uri: string;
  /** Bytes that went over the wire. */
  readonly bytes: number;
}

/** Builds, pushes every image function's missing blobs, and writes the built template with images by digest. */
export async function push(host: Host, options: BuildOptions, to: string | undefined, client: RegistryClient = createRegistryClient(host)): Promise<readonly PushedFunction[]> {
  const report = await build(host, options);
  const project = await openProject(host, { folder: options.folder, template: options.template, profile: options.profile, parameterOverrides: options.parameterOverrides });
  resolveModel(project, { profile: options.profile, parameterOverrides: options.parameterOverrides });
  const pushed: PushedFunction[] = [];
  for (const fn of report.functions.filter((one) => one.package === 'image')) {
    const repositoryName = to ?? repositoryFor(project, options.profile, fn.name);
    const parsed = parseReference(repositoryName);
    if (!parsed.ok) throw new Failure(parsed.error);
    const layout = openLayout(layoutPath(options.folder, fn.name));
    const [manifest] = layout.manifests;
    const content = manifest && parseManifest(readFileSync(layout.pathOf(manifest.digest)));
    if (!content?.ok || !manifest) throw failure('publish/failed', `${fn.name} has no built image`, { next: 'run `shear build`' });
    const image = { manifest, config: content.value.config, layers: content.value.layers };
    const result = await pushImage(client, destinationOf(host, parsed.value), image, { source: layout, tags: [tagOf(fn.name, manifest.digest)] });
    pushed.push({ name: fn.name, uri: `${repositoryName}@${manifest.digest}`, bytes: result.bytes });
  }
  writeTemplatesByDigest(project, options.folder, pushed);
  return pushed;
}

/** The registry itself, or the one that SHEAR_REGISTRY_MIRRORS has in its place: whoever names one for their own registry means it. */
export function destinationOf(host: Host, reference: Reference): Repository {
  const mirror = mirrorsOf(host, reference.registry).find((one) => one.kind === 'registry');
  return mirror ? mirrorRepository(mirror, reference) : originRepository(reference);
}

/** The tag under which a function's image is pushed. */
export function tagOf(name: string, digest: string): string {
  return `${name.replaceAll('/', '-').toLowerCase()}-${digest.slice('sha256:'.length, 'sha256:'.length + 12)}`;
}

/** The image repository that samconfig names for a function; a `usage` failure where it names none. */
export function repositoryFor(project: Project, profile: string, name: string): string {
  for (const command of ['deploy', 'package', 'sync']) {
    for (const { name: key, value } of samParameters(project, profile, command)) {
      if (key === 'image_repository' && typeof value === 'string') return value;
      if (key !== 'image_repositories') continue;
      const pairs = (Array.isArray(value) ? value : [value]).map(String);
      const own = pairs.find((pair) => pair.startsWith(`${name}=`));
      if (own !== undefined) return own.slice(name.length + 1);
    }
  }
  throw failure('usage', `no image repository for ${name}`, { next: `write image_repository into samconfig's [${profile}.deploy.parameters], or give --to REPOSITORY` });
}

function writeTemplatesByDigest(project: Project, folder: string, pushed: readonly PushedFunction[]): void {
  const plan = readPlanState(folder)?.plan;
  if (!plan) return;
  const templates = renderTemplates({
    project, artefacts: plan.artefacts, buildFolder: buildFolder(folder),
    imageUri: (artefact) => pushed.find((one) => one.name === artefact.fullPath)?.uri ?? ('name' in artefact ? artefact.name : ''),
  });
  for (const { path, text } of templates) {
    writeWhole(join(buildFolder(folder), path), text);
  }
}
