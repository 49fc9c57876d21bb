import { spawn } from 'node:child_process';
import { failure } from '../../src/base/fault.ts';
import type { Host } from '../../src/base/host.ts';
import type { TreeEntry } from '../../src/base/tree.ts';
import type { ImageLayer } from '../../src/oci/descriptor.ts';
import { writeTarAsLayer } from '../../src/oci/layer.ts';
import type { Store } from '../../src/store/store.ts';
import { searchPath } from '../../src/tools/search-path.ts';
import { textEntry } from './disk-entries.ts';

/** What Python's own modules load, so that the host's copies need not cover Debian's. */
const packages = ['ca-certificates', 'libbz2-1.0', 'libffi8', 'libgdbm6', 'liblzma5', 'libncursesw6', 'libnsl2', 'libreadline8', 'libsqlite3-0', 'libssl3', 'libuuid1', 'zlib1g'];

/** Whether a Debian root can be made here; else why not. */
export function whyNoDebian(host: Host): string | undefined {
  if (process.getuid?.() !== 0) return 'making a Debian root needs root';
  return searchPath(host, 'debootstrap').length > 0 ? undefined : 'debootstrap is not installed';
}

/** A small Debian 12 as one image layer, with this machine's certificates. */
export async function debianLayer(host: Host, store: Store, root: string): Promise<ImageLayer> {
  const reason = whyNoDebian(host);
  if (reason !== undefined) throw failure('tool/missing', `no Debian root can be made: ${reason}`);
  host.emit({ kind: 'note', text: 'debootstrap of Debian 12, about a minute' });
  const args = ['--variant=minbase', `--include=${packages.join(',')}`, 'bookworm', root];
  const made = await host.run('debootstrap', args);
  if (made.code !== 0) throw failure('tool/failed', 'debootstrap failed', { why: made.stdout.trim().split('\n').slice(-3).join('\n') });
  await host.run('cp', ['/etc/ssl/certs/ca-certificates.crt', `${root}/etc/ssl/certs/ca-certificates.crt`]);
  const tar = spawn('tar', ['-C', root, '--exclude=./var/cache/apt/archives/*.deb', '--exclude=./var/lib/apt/lists/*', '--sort=name', '--mtime=@0', '--numeric-owner', '-cf', '-', '.'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return await writeTarAsLayer(tar.stdout, store, { createdBy: 'debootstrap bookworm' });
}

/** pip's own settings of this machine, so that builds inside reach the same index; addresses with credentials stay here. */
export async function pipSettings(host: Host): Promise<readonly TreeEntry[]> {
  const lines = ['[global]', 'cert = /etc/ssl/certs/ca-certificates.crt'];
  const { code, stdout } = await host.run('python3', ['-m', 'pip', 'config', 'list']).catch(() => ({ code: 1, stdout: '' }));
  if (code === 0) {
    for (const match of stdout.matchAll(/^\S+\.(index-url|extra-index-url)='([^']+)'$/gmu)) {
      if (!(match[2] ?? '').includes('@')) lines.push(`${match[1]} = ${match[2]}`);
    }
  }
  return [textEntry('etc/pip.conf', `${lines.join('\n')}\n`)];
}
