import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../src/base/host.ts';
import { searchPath } from '../../src/tools/search-path.ts';
import { installInto } from './install-into.ts';
import { makeOnce } from './make-once.ts';

/** The SAM command line: the user's, else one installed into a virtual environment below `cache`, once. */
export async function provideSam(host: Host, cache: string): Promise<{ readonly path: string } | { readonly reason: string }> {
  const theirs = host.env['SHEAR_SAM'] ?? searchPath(host, 'sam')[0];
  if (theirs !== undefined) return { path: theirs };
  const folder = join(cache, 'peers', 'sam');
  const path = join(folder, 'bin', 'sam');
  let reason = '';
  await makeOnce(host, folder, () => existsSync(path), async () => {
    host.emit({ kind: 'note', text: 'installing aws-sam-cli into .cache, once' });
    reason = await installInto(host, folder, ['aws-sam-cli==1.170.0']);
  });
  return existsSync(path) ? { path } : { reason };
}
