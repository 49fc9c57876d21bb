import { digestOf, type Digest } from '../../base/digest.ts';
import type { Output } from '../../graph/node.ts';

/** Names the programs of a build of ffmpeg, as shear.lock has it. */
export function programsDigest({ blobs }: Output): Digest {
  return digestOf(blobs.filter(({ name }) => name.startsWith('bin/')).map(({ name, digest }) => `${name} ${digest}\n`).toSorted().join(''));
}
