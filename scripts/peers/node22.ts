import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../src/base/host.ts';

/** A Node 22: the one that runs, if it is one, else from the package `node`, installed below `cache`, once. */
export async function provideNode22(host: Host, cache: string): Promise<{ readonly path: string } | { readonly reason: string }> {
  if (process.versions.node.startsWith('22.')) return { path: process.execPath };
  const folder = join(cache, 'peers', 'node22');
  const path = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (existsSync(path)) return { path };
  host.emit({ kind: 'note', text: 'installing Node 22 into .cache, once' });
  mkdirSync(folder, { recursive: true });
  const { code, stderr } = await host.run('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', 'node@22']);
  return code === 0 && existsSync(path) ? { path } : { reason: `Node 22 could not be installed: ${stderr.trim().split('\n').at(-1) ?? ''}` };
}
