import type { Architecture } from '../../base/host.ts';
import type { Step } from '../../graph/run.ts';
import { readContent } from '../../oci/content.ts';
import { packageProgram } from '../ffmpeg/package-program.ts';
import type { StepContext } from './step-table.ts';

/** Parameters of the pinned package's program: its wheel by sha256. */
export interface FfmpegPackageParams {
  readonly architecture: Architecture;
  readonly sha256: string;
}

/** The pinned static ffmpeg as a build of ffmpeg leaves it, where nothing can be compiled. */
export function ffmpegPackage(context: StepContext): Step['run'] {
  return async ({ node }) => {
    const { architecture } = node.params as unknown as FfmpegPackageParams;
    const { size, content } = await packageProgram(context, architecture);
    const writer = context.store.begin();
    writer.write(readContent({ kind: 'file', path: 'ffmpeg', mode: 0o755, size, content }));
    return { blobs: [{ name: 'bin/ffmpeg', ...(await writer.commit()) }], data: null };
  };
}
