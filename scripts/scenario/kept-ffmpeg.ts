import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { readLock } from '../../src/lock/file.ts';
import { ffmpegNode } from '../../src/build/ffmpeg/proof-plan.ts';
import { stepTable } from '../../src/build/steps/step-table.ts';
import { recipeOfConfigureLine } from '../../src/ffmpeg/configure-line.ts';
import { nodeKey } from '../../src/graph/run.ts';
import { openStore } from '../../src/store/store.ts';
import { cacheFolder } from '../script-host.ts';

/** A store with nothing but builds of ffmpeg: what a team's shared cache has, so that a profile is compiled once. */
const kept = join(cacheFolder, 'ffmpeg-builds', 'store');

/** Puts the builds of ffmpeg that earlier runs kept into a cache folder (absolute). */
export function lendFfmpeg(cache: string): void {
  if (existsSync(kept)) cpSync(kept, join(cache, 'store'), { recursive: true });
}

/** Keeps the builds of ffmpeg that a project's lock names, out of the cache folder that it was built with. */
export async function keepFfmpeg(project: string, cache: string): Promise<void> {
  const lock = readLock(project);
  if (!lock.ok || !lock.value) return;
  const [from, to] = [openStore(join(cache, 'store'), Date.now), openStore(kept, Date.now)];
  for (const { configure, results } of Object.values(lock.value.ffmpeg)) {
    const recipe = recipeOfConfigureLine((configure.match(/(?:[^\s']|'[^']*')+/gu) ?? []).map((word) => word.replaceAll("'", '')));
    for (const [architecture, result] of Object.entries(results)) {
      if (!recipe) continue;
      const node = ffmpegNode(recipe, { architecture: architecture === 'arm64' ? 'arm64' : 'x86_64', compiler: result.compiler }, 'ffmpeg');
      const key = nodeKey(node, stepTable[node.kind]?.version ?? 0, [], []);
      const output = from.getRecord(key);
      if (!output || to.getRecord(key)) continue;
      for (const { digest } of output.blobs) await to.importFile(from.pathOf(digest));
      to.putRecord(key, output);
    }
  }
}

/** Which ffmpeg a project's lock has, as a sentence; undefined when it has none. */
export function toldFfmpeg(project: string): string | undefined {
  const lock = readLock(project);
  if (!lock.ok || !lock.value) return undefined;
  const [built] = Object.values(lock.value.ffmpeg);
  if (built) {
    const parts = Array.from(built.configure.matchAll(/--enable-[a-z]+=(\S+)/gu), (match) => (match[1] ?? '').split(',').length).reduce((sum, count) => sum + count, 0);
    return parts === 0 ? `ffmpeg ${built.version} is compiled with every part that it has of its own` : `ffmpeg ${built.version} is compiled with the ${parts} parts that the code needs`;
  }
  const wheel = Object.values(lock.value.wheels).find(({ name }) => name === 'imageio-ffmpeg');
  return wheel && `ffmpeg is the static program of ${wheel.name} ${wheel.version}, whole`;
}
