import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../src/base/host.ts';
import { searchPath } from '../../src/tools/search-path.ts';

/** The SAM command line: the user's, else one installed into a virtual environment below `cache`, once. */
export async function provideSam(host: Host, cache: string): Promise<{ readonly path: string } | { readonly reason: string }> {
  const theirs = host.env['SHEAR_SAM'] ?? searchPath(host, 'sam')[0];
  if (theirs !== undefined) return { path: theirs };
  const folder = join(cache, 'peers', 'sam');
  const path = join(folder, 'bin', 'sam');
  if (existsSync(path)) return { path };
  host.emit({ kind: 'note', text: 'installing aws-sam-cli into .cache, once' });
  const made = await host.run('python3', ['-m', 'venv', folder]).catch(() => undefined);
  if (made?.code !== 0) return { reason: 'python3 -m venv does not work here' };
  const { code, stderr } = await host.run(join(folder, 'bin', 'pip'), ['install', '--quiet', 'aws-sam-cli==1.170.0']);
  return code === 0 ? { path } : { reason: `aws-sam-cli could not be installed: ${stderr.trim().split('\n').at(-1) ?? ''}` };
}
