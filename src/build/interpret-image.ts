import { join } from 'node:path';
import { placed } from '../base/fault.ts';
import type { Architecture } from '../base/host.ts';
import type { Place } from '../base/source.ts';
import { look } from '../graph/unchanged.ts';
import type { ImagePackage, LambdaFunction } from '../model/function.ts';
import type { BaseImage } from './base-image.ts';
import { factsOfBase } from './frontend/base-facts.ts';
import { interpretDockerfile, type Interpretation } from './frontend/interpret.ts';

/** Gives a base image; undefined for `scratch`, and where the image's name has to do. */
export type OpenImage = (reference: string, architecture: Architecture, place: Place) => Promise<BaseImage | undefined>;

/** Reads an image function's Dockerfile instruction by instruction. Failures have at least the function's place. */
export async function interpretImage(fn: LambdaFunction, image: ImagePackage, open: OpenImage): Promise<Interpretation> {
  const architecture = architectureOf(fn);
  const { dockerfile, context: folder } = image.dockerfile;
  return await interpretDockerfile({
    dockerfile, context: folder, target: image.target, buildArgs: image.buildArgs, architecture,
    kindInContext: (path) => kindOf(join(folder, path)),
    factsOf: async (reference, place) => factsOfBase(reference, (await open(reference, architecture, place))?.config ?? { env: [], workingDir: '', cmd: undefined }),
  }).catch((error: unknown) => {
    throw placed(error, fn.place);
  });
}

/** x86_64 where the template does not tell, as Lambda has it. */
export function architectureOf({ architecture }: LambdaFunction): Architecture {
  return architecture.kind === 'known' ? architecture.value : 'x86_64';
}

function kindOf(path: string): 'file' | 'folder' | 'absent' {
  const found = look(path);
  if (!found) return 'absent';
  return found.isDirectory() ? 'folder' : 'file';
}
