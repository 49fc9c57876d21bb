import { join } from 'node:path';
import { failure } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import { openStore } from '../../store/store.ts';
import { verify } from '../../store/verify.ts';
import type { Command } from '../command.ts';

/** `shear cache`. */
export const command: Command = {
  run: async ({ host, output, positionals, value, isJson }) => {
    const folder = join(host.cacheFolder, 'store');
    const store = openStore(folder, host.now);
    const [verb] = positionals;
    const size = numberOf('max-size', value('max-size'));
    const age = numberOf('max-age', value('max-age'));
    if (verb !== undefined && verb !== 'prune' && verb !== 'verify') throw failure('usage', `shear cache cannot ${verb}`, { next: 'use `shear cache prune` or `shear cache verify`' });
    const result =
      verb === 'prune'
        ? (await import('../../session/prune-cache.ts')).pruneCache(host, { maxBytes: size === undefined ? undefined : size * 1_000_000, maxAgeMs: age === undefined ? undefined : age * 86_400_000 })
        : verb === 'verify'
          ? await verify(store)
          : await described(host, folder);
    output.print(isJson ? JSON.stringify({ schema: 1, folder, result }) : `${folder}\n${JSON.stringify(result, null, 2)}`);
    return 'damaged' in result && result.damaged.length > 0 ? 1 : 0;
  },
};

/** Where results are kept, and where they are shared. */
async function described(host: Host, folder: string): Promise<{ readonly folder: string; readonly remote?: string }> {
  const { describeRemote } = await import('../../session/describe-remote.ts');
  const remote = describeRemote(host);
  return { folder, ...(remote === undefined ? {} : { remote }) };
}

/** A number not below zero: anything else would make prune take too much. */
function numberOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() !== '' && number >= 0) return number;
  throw failure('usage', `--${flag} has ${text}, which is no number`, { next: `write it like \`--${flag} 30\`` });
}
