import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../base/fault.ts';
import type { Architecture } from '../../base/host.ts';
import { recipeOfConfigureLine } from '../../ffmpeg/configure-line.ts';
import type { OutputBlob } from '../../graph/node.ts';
import type { Step } from '../../graph/run.ts';
import { compileFfmpeg } from '../ffmpeg/compile.ts';
import { compilerOf } from '../ffmpeg/compiler-for.ts';
import type { StepContext } from './step-table.ts';

/** Parameters of a build of ffmpeg: all that decides its bytes. */
export interface FfmpegBuildParams {
  readonly configure: readonly string[];
  /** sha256 of every source archive, ffmpeg's first. */
  readonly sources: readonly string[];
  readonly architecture: Architecture;
  /** `Compiler.id`. */
  readonly compiler: string;
  /** Names the text of the note that builds with some parts alone have linked in. */
  readonly note?: string;
}

/** ffmpeg from source. The output's blobs are the files below /usr/local, by their paths. */
export function ffmpegBuild({ host, store }: StepContext): Step['run'] {
  return async ({ node }) => {
    const { configure, architecture, compiler: wanted } = node.params as unknown as FfmpegBuildParams;
    const recipe = recipeOfConfigureLine(configure);
    if (!recipe) throw new Error('unreachable: a configure line of another kind');
    const search = await compilerOf(host, architecture, wanted);
    if (search.kind === 'missing' || search.compiler.id !== wanted) {
      throw failure('tool/missing', 'the build of ffmpeg that shear.lock names is not in the store, and this machine compiles another', {
        why: `locked for ${wanted}\nhere is    ${search.kind === 'missing' ? `no compiler: ${search.why}` : search.compiler.id}`,
        next: 'build where that compiler is and share the store, or leave out --frozen',
      });
    }
    store.prepare();
    const scratch = await mkdtemp(join(store.folder, 'tmp', 'ffmpeg-'));
    try {
      const blobs: OutputBlob[] = [];
      for (const { path, absolute } of await compileFfmpeg(host, store, { recipe, compiler: search.compiler, scratch })) {
        blobs.push({ name: path, ...(await store.importFile(absolute)) });
      }
      return { blobs, data: null };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  };
}
