import type { Architecture } from '../../base/host.ts';
import type { Step } from '../../graph/run.ts';
import { writeLayer } from '../../oci/layer.ts';
import { packageProgram } from '../ffmpeg/package-program.ts';
import { bulkLevel, layerOutput } from './layer-output.ts';
import type { StepContext } from './step-table.ts';

/** Parameters of shear's own ffmpeg stage. */
export interface FfmpegParams {
  readonly architecture: Architecture;
  /** Absolute path in the image. */
  readonly destination: string;
  readonly sha256: string;
  readonly createdBy: string;
}

/** The pinned static ffmpeg, out of its wheel. */
export function ffmpegLayer(context: StepContext): Step['run'] {
  return async ({ node }) => {
    const { architecture, destination, createdBy } = node.params as unknown as FfmpegParams;
    const { size, content } = await packageProgram(context, architecture);
    const layer = await writeLayer([{ kind: 'file', path: destination.slice(1), mode: 0o755, size, content }], context.store, { createdBy, level: bulkLevel });
    return layerOutput(layer, [destination.slice(1)]);
  };
}
