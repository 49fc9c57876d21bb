import { failure } from '../../base/fault.ts';
import type { Architecture } from '../../base/host.ts';
import type { Step } from '../../graph/run.ts';
import { ffmpegPin } from '../../model/shear-ffmpeg.ts';
import { writeLayer } from '../../oci/layer.ts';
import { readZip } from '../../zip/read.ts';
import { provideWheels } from '../provide-wheels.ts';
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
export function ffmpegLayer({ host, store, projectFolder }: StepContext): Step['run'] {
  return async ({ node }) => {
    const { architecture, destination, createdBy } = node.params as unknown as FfmpegParams;
    const wheel = ffmpegPin.wheels[architecture];
    const [fetched] = await provideWheels(
      host,
      store,
      [{ name: ffmpegPin.package, version: ffmpegPin.version, ...wheel }],
      { target: { python: { major: 3, minor: 12 }, architecture, glibc: [2, 34] }, cwd: projectFolder },
    );
    const member = fetched && readZip(fetched.path).find((one) => one.name.startsWith(ffmpegPin.memberPrefix));
    if (!fetched || !member) throw failure('archive/corrupt', `${wheel.fileName} holds no ffmpeg`);
    const layer = await writeLayer(
      [{
        kind: 'file',
        path: destination.slice(1),
        mode: 0o755,
        size: member.size,
        content: { kind: 'zip-member', archive: fetched.path, offset: member.offset, compressedSize: member.compressedSize, method: member.method, crc32: member.crc32 },
      }],
      store,
      { createdBy, level: bulkLevel },
    );
    return layerOutput(layer, [destination.slice(1)]);
  };
}
