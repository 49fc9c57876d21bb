import { closeSync, openSync, readSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Host } from '../../src/base/host.ts';
import type { TreeEntry } from '../../src/base/tree.ts';
import { fileEntry } from './disk-entries.ts';

/** The shared libraries that programs of this machine load, at their own paths, as ldd finds them. */
export async function sharedLibraries(host: Host, programs: readonly string[]): Promise<readonly TreeEntry[]> {
  const elf = programs.filter(isElf);
  const found = new Set<string>();
  for (let i = 0; i < elf.length; i += 50) {
    const { stdout } = await host.run('ldd', elf.slice(i, i + 50));
    for (const match of stdout.matchAll(/(?:=>\s+|^\s+)(\/\S+)\s+\(0x/gmu)) if (match[1] !== undefined) found.add(match[1]);
  }
  return [...found].toSorted().map(libraryEntry);
}

/** /lib is a link to /usr/lib on most systems: the folder's real path is what the image has. */
function libraryEntry(path: string): TreeEntry {
  const real = join(realpathSync(dirname(path)), basename(path));
  return { ...fileEntry(real.slice(1), realpathSync(path)), mode: 0o755 };
}

/** What wheels may take for granted on any Linux (PEP 600, the manylinux policies), where this machine has it. */
const assumed = ['libgcc_s.so.1', 'libstdc++.so.6', 'libm.so.6', 'libdl.so.2', 'librt.so.1', 'libc.so.6', 'libnsl.so.1', 'libutil.so.1', 'libpthread.so.0', 'libresolv.so.2', 'libz.so.1', 'libexpat.so.1'];

/** The libraries that wheels' own ones are linked to, with what these load. */
export async function librariesOfWheels(host: Host): Promise<readonly TreeEntry[]> {
  const { stdout } = await host.run('ldconfig', ['-p'], { env: { PATH: `${host.env['PATH'] ?? ''}:/usr/sbin:/sbin` } });
  const lines = stdout.split('\n').filter((line) => line.includes(host.arch === 'arm64' ? 'AArch64' : 'x86-64'));
  const paths = assumed.flatMap((name) => {
    const path = lines.find((line) => line.trim().startsWith(`${name} `))?.split(' => ')[1];
    return path === undefined ? [] : [path];
  });
  return [...paths.map(libraryEntry), ...(await sharedLibraries(host, paths))];
}

function isElf(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const magic = Buffer.alloc(4);
    readSync(file, magic, 0, 4, 0);
    return magic.toString('latin1') === '\u007fELF';
  } finally {
    closeSync(file);
  }
}
