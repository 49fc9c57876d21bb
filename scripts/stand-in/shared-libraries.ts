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
  // /lib is a link to /usr/lib on most systems: the folder's real path is what the image has.
  return [...found].toSorted().map((path) => {
    const real = join(realpathSync(dirname(path)), basename(path));
    return { ...fileEntry(real.slice(1), realpathSync(path)), mode: 0o755 };
  });
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
