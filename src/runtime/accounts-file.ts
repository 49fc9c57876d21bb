import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { attemptOnDisk } from '../base/fault.ts';
import type { Host } from '../base/host.ts';

/** Who programs find under the user ID that functions have; without an entry `os.homedir()` of Node and `getpass` of Python fail. */
const accounts = 'root:x:0:0:root:/root:/bin/sh\nsbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin\n';

/** Absolute path of an /etc/passwd as zip functions see it on Lambda; written when it is not there. Throws `disk/…`. */
export function accountsFile(host: Host): string {
  const path = join(host.cacheFolder, 'runtime', 'passwd');
  if (existsSync(path)) return path;
  attemptOnDisk(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, accounts);
    renameSync(`${path}.${process.pid}`, path);
  });
  return path;
}
