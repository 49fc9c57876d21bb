import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf } from '../base/digest.ts';
import { attemptOnDisk } from '../base/fault.ts';
import type { Host } from '../base/host.ts';

/** Who programs find under the user ID that functions have; without an entry `os.homedir()` of Node and `getpass` of Python fail. */
const accounts = 'root:x:0:0:root:/root:/bin/sh\nsbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin\n';

/** Absolute path of an /etc/passwd as zip functions see it on Lambda; written when it is not there. Throws `disk/…`. */
export function accountsFile(host: Host): string {
  return written(join(host.cacheFolder, 'runtime', 'passwd'), accounts);
}

/** Absolute path of an /etc/hosts with this machine's entries and `sandbox.localdomain`, at which extensions listen for telemetry. Throws `disk/…`. */
export function hostsFile(host: Host): string {
  const own = existsSync('/etc/hosts') ? readFileSync('/etc/hosts', 'utf8') : '';
  const text = `${own.trimEnd()}\n127.0.0.1 sandbox.localdomain sandbox\n`;
  const path = join(host.cacheFolder, 'runtime', `hosts-${digestOf(text).slice(7, 23)}`);
  return written(path, text);
}

function written(path: string, text: string): string {
  if (existsSync(path)) return path;
  attemptOnDisk(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, text);
    renameSync(`${path}.${process.pid}`, path);
  });
  return path;
}
