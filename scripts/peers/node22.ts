import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../src/base/host.ts';
import { makeOnce } from './make-once.ts';

/** A Node 22: the one that runs, if it is one, else from the package `node`, installed below `cache`, once. */
export async function provideNode22(host: Host, cache: string): Promise<{ readonly path: string } | { readonly reason: string }> {
  if (process.versions.node.startsWith('22.')) return { path: process.execPath };
  const folder = join(cache, 'peers', 'node22');
  const path = join(folder, 'node_modules', 'node', 'bin', 'node');
  let reason = '';
  await makeOnce(host, folder, () => existsSync(path), async () => {
    host.emit({ kind: 'note', text: 'installing Node 22 into .cache, once' });
    mkdirSync(folder, { recursive: true });
    const { stderr } = await host.run('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', 'node@22']);
    reason = `Node 22 could not be installed: ${stderr.trim().split('\n').at(-1) ?? ''}`;
  });
  return existsSync(path) ? { path } : { reason };
}
