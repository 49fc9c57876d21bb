import { statfsSync } from 'node:fs';

/** File systems that change without telling this machine, by the kernel's number (statfs(2), linux/magic.h). */
const silent: ReadonlyMap<number, string> = new Map([
  [0x01021997, '9p, as WSL has it for Windows\' own drives'],
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x786f4256, 'VirtualBox\'s shared folders'],
  [0x65735546, 'FUSE'],
]);

/** Why a folder's file system tells of no changes that others make; undefined where it does. */
export function silentDisk(folder: string): string | undefined {
  try {
    const name = silent.get(statfsSync(folder).type >>> 0);
    return name === undefined ? undefined : `${folder} is on a file system that does not tell of changes (${name})`;
  } catch {
    return undefined;
  }
}
