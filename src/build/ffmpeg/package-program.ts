import { failure } from '../../base/fault.ts';
import type { Architecture } from '../../base/host.ts';
import type { Content } from '../../base/tree.ts';
import { ffmpegPin } from '../../model/shear-ffmpeg.ts';
import { readZip } from '../../zip/read.ts';
import { provideWheels } from '../provide-wheels.ts';
import type { StepContext } from '../steps/step-table.ts';

/** The static ffmpeg of the pinned package, where it lies in its wheel. Fails as fetching wheels does. */
export async function packageProgram({ host, store, projectFolder }: StepContext, architecture: Architecture): Promise<{ readonly size: number; readonly content: Content }> {
  const wheel = ffmpegPin.wheels[architecture];
  const target = { python: { major: 3, minor: 12 }, architecture, glibc: [2, 34] as const };
  const [fetched] = await provideWheels(host, store, [{ name: ffmpegPin.package, version: ffmpegPin.version, ...wheel }], { target, cwd: projectFolder });
  const member = fetched && readZip(fetched.path).find((one) => one.name.startsWith(ffmpegPin.memberPrefix));
  if (!fetched || !member) throw failure('archive/corrupt', `${wheel.fileName} holds no ffmpeg`);
  const { size, offset, compressedSize, method, crc32 } = member;
  return { size, content: { kind: 'zip-member', archive: fetched.path, offset, compressedSize, method, crc32 } };
}
