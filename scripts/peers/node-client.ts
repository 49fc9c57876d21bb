import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../src/base/host.ts';

/** AWS's runtime interface client for Node, compiled below `cache`, once: cmake, g++ and Node's headers do it in about a minute. */
export async function provideNodeClient(host: Host, cache: string): Promise<{ readonly folder: string } | { readonly reason: string }> {
  const folder = join(cache, 'peers', 'node-client');
  if (isCompiled(folder)) return { folder };
  host.emit({ kind: 'note', text: 'compiling aws-lambda-ric into .cache, once' });
  const made = `${folder}-${process.pid}`;
  mkdirSync(made, { recursive: true });
  const { code, stderr } = await host.run('npm', ['install', '--prefix', made, '--no-save', '--no-audit', '--no-fund', 'aws-lambda-ric@4.0.2']);
  if (code === 0 && isCompiled(made)) {
    rmSync(folder, { recursive: true, force: true });
    renameSync(made, folder);
    return { folder };
  }
  rmSync(made, { recursive: true, force: true });
  return { reason: `aws-lambda-ric could not be compiled: ${stderr.trim().split('\n').at(-1) ?? ''}` };
}

function isCompiled(folder: string): boolean {
  return existsSync(join(folder, 'node_modules', 'aws-lambda-ric', 'rapid-client.node'));
}
