import { join } from 'node:path';
import { openStore } from '../../store/store.ts';
import { prune } from '../../store/prune.ts';
import { verify } from '../../store/verify.ts';
import type { Command } from '../command.ts';

/** `shear cache`. */
export const command: Command = {
  run: async ({ host, output, positionals, value, isJson }) => {
    const folder = join(host.cacheFolder, 'store');
    const store = openStore(folder, host.now);
    const [verb] = positionals;
    const size = value('max-size');
    const age = value('max-age');
    const result =
      verb === 'prune'
        ? prune(store, { ...(size === undefined ? {} : { maxBytes: Number(size) * 1_000_000 }), ...(age === undefined ? {} : { maxAgeMs: Number(age) * 86_400_000 }) })
        : verb === 'verify'
          ? await verify(store)
          : { folder };
    output.print(isJson ? JSON.stringify({ schema: 1, folder, result }) : `${folder}\n${JSON.stringify(result, null, 2)}`);
    return 0;
  },
};
