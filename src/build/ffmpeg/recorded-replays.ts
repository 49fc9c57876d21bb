import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FfmpegRecipe } from '../../ffmpeg/configure-line.ts';
import { replaysOf } from '../../ffmpeg/replay.ts';
import { readTraceRecord, traceRecordFile } from '../../ffmpeg/trace-record.ts';

/** The commands that `shear trace` recorded of a project (absolute folder) and that a build can be tried with. */
export function recordedReplays(folder: string, recipe: FfmpegRecipe): ReturnType<typeof replaysOf> {
  const path = join(folder, traceRecordFile);
  return replaysOf((existsSync(path) ? readTraceRecord(readFileSync(path, 'utf8')) : undefined) ?? {}, recipe);
}
