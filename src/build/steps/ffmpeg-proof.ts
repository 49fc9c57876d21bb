import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Canonical } from '../../base/digest.ts';
import { Failure, failure } from '../../base/fault.ts';
import type { Architecture, Host } from '../../base/host.ts';
import { recipeOfConfigureLine } from '../../ffmpeg/configure-line.ts';
import type { FfmpegProgram } from '../../ffmpeg/profile.ts';
import type { Replay } from '../../ffmpeg/replay.ts';
import type { Output } from '../../graph/node.ts';
import type { Step } from '../../graph/run.ts';
import { readContent } from '../../oci/content.ts';
import { searchPath } from '../../tools/search-path.ts';
import { packageProgram } from '../ffmpeg/package-program.ts';
import { proveProfile, type BuiltPrograms } from '../ffmpeg/prove.ts';
import type { StepContext } from './step-table.ts';

/** Parameters of a proof; its inputs are the derived build and the full one. */
export interface FfmpegProofParams {
  readonly configure: readonly string[];
  readonly architecture: Architecture;
  /** Recorded commands; absent where there are none. */
  readonly replays?: readonly Replay[];
}

/** Holds a derived ffmpeg against a full build of the same version. The output is the `Proof`. */
export function ffmpegProof(context: StepContext): Step['run'] {
  const { host, store } = context;
  return async ({ node, outputs }) => {
    const { configure, architecture, replays = [] } = node.params as unknown as FfmpegProofParams;
    const recipe = recipeOfConfigureLine(configure);
    if (!recipe || recipe.components === 'all') throw new Error('unreachable: a proof of no profile');
    store.prepare();
    const scratch = await mkdtemp(join(store.folder, 'tmp', 'proof-'));
    try {
      const [derived, full] = [await takePrograms(context, outputs[0], join(scratch, 'derived')), await takePrograms(context, outputs[1], join(scratch, 'full'))];
      if (full.ffmpeg === undefined) throw failure('store/corrupt', 'a full build of ffmpeg has no program', { next: 'run the same command again' });
      const emulator = emulatorFor(host, architecture);
      const maker = (await sampleMaker(context, scratch)) ?? full.ffmpeg;
      const proof = await proveProfile(host, { ...recipe, components: recipe.components }, { derived, full, maker, emulator, scratch, replays });
      return { blobs: [], data: { ...proof } as Canonical };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  };
}

async function takePrograms({ store }: StepContext, output: Output | undefined, folder: string): Promise<BuiltPrograms> {
  const found: Partial<Record<FfmpegProgram, string>> = {};
  await mkdir(folder);
  for (const name of ['ffmpeg', 'ffprobe'] as const) {
    const blob = output?.blobs.find((one) => one.name === `bin/${name}`);
    if (!blob) continue;
    const path = join(folder, name);
    await copyFile(store.pathOf(blob.digest), path);
    await chmod(path, 0o755);
    found[name] = path;
  }
  return found;
}

/** Another architecture's programs run under QEMU. */
function emulatorFor(host: Host, architecture: Architecture): readonly string[] {
  if (host.arch === architecture) return [];
  const name = architecture === 'arm64' ? 'qemu-aarch64' : 'qemu-x86_64';
  const path = searchPath(host, `${name}-static`)[0] ?? searchPath(host, name)[0];
  if (path === undefined) throw failure('tool/missing', `programs for ${architecture} cannot be run on this machine`, { why: `${name} is not installed`, next: 'prove it on a machine of that kind, or install QEMU (on Debian and Ubuntu: apt install qemu-user-static)' });
  return [path];
}

/** The pinned package's program has the encoders that ffmpeg lacks by itself; without it samples of those are left out. */
async function sampleMaker(context: StepContext, scratch: string): Promise<string | undefined> {
  const { host } = context;
  try {
    const { size, content } = await packageProgram(context, host.arch);
    const path = join(scratch, 'maker-ffmpeg');
    await writeFile(path, readContent({ kind: 'file', path: 'ffmpeg', mode: 0o755, size, content }), { mode: 0o755 });
    return path;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    host.emit({ kind: 'note', text: `samples are made by ffmpeg's own encoders alone: ${error.fault.what}` });
    return undefined;
  }
}
