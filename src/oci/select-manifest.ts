import type { Architecture } from '../base/host.ts';
import type { Descriptor } from './descriptor.ts';
import { platformOf } from './image.ts';

/**
 * The one manifest of an index that is for Linux on an architecture. Attestations that BuildKit puts
 * beside images (platform unknown/unknown) do not count. An only image without a platform is taken.
 */
export function selectManifest(manifests: readonly Descriptor[], architecture: Architecture): Descriptor | undefined {
  const images = manifests.filter((one) => !isAttestation(one));
  const wanted = platformOf(architecture);
  const match = images.find((one) => one.platform?.os === 'linux' && one.platform.architecture === wanted);
  if (match) return match;
  const [only, ...others] = images;
  return only && others.length === 0 && !only.platform ? only : undefined;
}

/** The platforms an index offers, for a message: `linux/amd64, linux/arm64`. */
export function platformsOf(manifests: readonly Descriptor[]): string {
  const names = manifests.filter((one) => !isAttestation(one) && one.platform).map((one) => `${one.platform?.os ?? ''}/${one.platform?.architecture ?? ''}`);
  return [...new Set(names)].join(', ');
}

function isAttestation(descriptor: Descriptor): boolean {
  return descriptor.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest' || descriptor.platform?.os === 'unknown';
}
