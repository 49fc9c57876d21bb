import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Step } from '../../graph/run.ts';
import type { StepContext } from './step-table.ts';
import { zipFolder } from './zip-folder.ts';

/** A build of ffmpeg, its one input, as the zip of a Lambda layer: bin/ is /opt/bin there. */
export function ffmpegZip({ store }: StepContext): Step['run'] {
  return async ({ outputs }) => {
    store.prepare();
    const scratch = await mkdtemp(join(store.folder, 'tmp', 'ffmpeg-zip-'));
    try {
      for (const { name, digest } of outputs[0]?.blobs ?? []) {
        const path = join(scratch, name);
        await mkdir(dirname(path), { recursive: true });
        await copyFile(store.pathOf(digest), path);
        await chmod(path, name.startsWith('bin/') ? 0o755 : 0o644);
      }
      return await zipFolder(scratch, store);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  };
}
