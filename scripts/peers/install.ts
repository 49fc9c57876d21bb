import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../src/base/host.ts';
import { searchPath } from '../../src/tools/search-path.ts';

/**
 * Installs what the peers need, once: Docker and debootstrap from Debian's archive where root may and they are missing, buildx
 * with Go into `cache`, since Debian 12 has no package of it. What cannot be had is left out: whoever needs it says so.
 */
export async function installPeers(host: Host, cache: string): Promise<void> {
  await installPackages(host);
  await installBuildx(host, cache);
}

/** Where `installBuildx` puts the program. */
export function ownBuildx(cache: string): string {
  return join(cache, 'peers', 'bin', 'buildx');
}

async function installPackages(host: Host): Promise<void> {
  const programs = { dockerd: 'docker.io', debootstrap: 'debootstrap' };
  const missing = Object.entries(programs).filter(([program]) => searchPath(host, program).length === 0);
  if (missing.length === 0 || process.getuid?.() !== 0 || searchPath(host, 'apt-get').length === 0) return;
  const names = missing.map(([, name]) => name);
  host.emit({ kind: 'note', text: `installing ${names.join(' and ')}, once` });
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await host.run('apt-get', ['update', '-q'], { env });
  const { code } = await host.run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...names], { env });
  if (code !== 0) host.emit({ kind: 'warning', text: `apt-get could not install ${names.join(' and ')}` });
}

async function installBuildx(host: Host, cache: string): Promise<void> {
  const isThere = (await host.run('docker', ['buildx', 'version']).catch(() => ({ code: 1 }))).code === 0;
  if (isThere || existsSync(ownBuildx(cache)) || searchPath(host, 'buildx').length > 0 || searchPath(host, 'go').length === 0) return;
  host.emit({ kind: 'note', text: 'building docker buildx with Go into .cache, once' });
  const folder = join(cache, 'peers', 'bin');
  mkdirSync(folder, { recursive: true });
  const { code } = await host.run('go', ['install', 'github.com/docker/buildx/cmd/buildx@v0.38.2'], { env: { GOBIN: folder } });
  if (code !== 0) host.emit({ kind: 'warning', text: 'go install of docker buildx failed' });
}
