import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../src/base/host.ts';
import { makeOnce } from './make-once.ts';

/** AWS's runtime interface client for Node, compiled below `cache`, once: cmake, g++ and Node's headers do it in about a minute. */
export async function provideNodeClient(host: Host, cache: string): Promise<{ readonly folder: string } | { readonly reason: string }> {
  const folder = join(cache, 'peers', 'node-client');
  let reason = '';
  await makeOnce(host, folder, () => isCompiled(folder), async () => {
    host.emit({ kind: 'note', text: 'compiling aws-lambda-ric into .cache, once' });
    const made = `${folder}-${process.pid}`;
    mkdirSync(made, { recursive: true });
    const { code, stderr } = await host.run('npm', ['install', '--prefix', made, '--no-save', '--no-audit', '--no-fund', 'aws-lambda-ric@4.0.2']);
    rmSync(folder, { recursive: true, force: true });
    if (code === 0 && isCompiled(made)) renameSync(made, folder);
    rmSync(made, { recursive: true, force: true });
    reason = `aws-lambda-ric could not be compiled: ${stderr.trim().split('\n').at(-1) ?? ''}`;
  });
  return isCompiled(folder) ? { folder } : { reason };
}

function isCompiled(folder: string): boolean {
  return existsSync(join(folder, 'node_modules', 'aws-lambda-ric', 'rapid-client.node'));
}
