import { existsSync, readFileSync, realpathSync } from 'node:fs';
import type { Host } from '../../src/base/host.ts';
import type { TreeEntry } from '../../src/base/tree.ts';
import { searchPath } from '../../src/tools/search-path.ts';
import { fileEntry, folderEntry, textEntry } from './disk-entries.ts';
import { librariesOfWheels, sharedLibraries } from './shared-libraries.ts';

/** Enough for shell scripts and for looking around. */
const programs = [
  'sh', 'bash', 'cat', 'cp', 'chmod', 'chown', 'cut', 'date', 'dirname', 'basename', 'echo', 'env', 'expr', 'false', 'find', 'grep', 'gzip', 'head', 'id', 'ln', 'ls',
  'mkdir', 'mktemp', 'mv', 'printf', 'pwd', 'readlink', 'rm', 'rmdir', 'sed', 'sha256sum', 'sleep', 'sort', 'stat', 'tail', 'tar', 'test', 'touch', 'tr', 'true', 'uname', 'wc', 'which', 'xargs',
];

/** The certificates this machine trusts, where the common systems keep them. */
const certificateFiles = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];

/** The few files around Python that make a Linux image: a shell, common programs with their libraries, users, certificates. */
export async function systemTree(host: Host): Promise<readonly TreeEntry[]> {
  const found = programs.flatMap((name) => searchPath(host, name).slice(0, 1).map((path) => ({ name, path: realpathSync(path) })));
  const libraries = await sharedLibraries(host, found.map(({ path }) => path));
  return [
    ...['bin', 'sbin', 'lib', 'lib64'].map((name): TreeEntry => ({ kind: 'link', path: name, target: `usr/${name}` })),
    ...['usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64', 'etc', 'home', 'opt', 'proc', 'sys', 'dev', 'run', 'var/tmp'].map((path) => folderEntry(path)),
    folderEntry('root', 0o700),
    folderEntry('tmp', 0o1777),
    ...found.map(({ name, path }) => ({ ...fileEntry(`usr/bin/${name}`, path), mode: 0o755 })),
    ...libraries,
    ...(await librariesOfWheels(host)),
    textEntry('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n'),
    textEntry('etc/group', 'root:x:0:\nnogroup:x:65534:\n'),
    textEntry('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'),
    ...certificates(),
    ...osRelease(),
  ];
}

/** The certificates, at Debian's path. */
export function certificates(): readonly TreeEntry[] {
  const file = certificateFiles.find((path) => existsSync(path));
  return file === undefined ? [] : [textEntry('etc/ssl/certs/ca-certificates.crt', readFileSync(file, 'utf8'))];
}

function osRelease(): readonly TreeEntry[] {
  return existsSync('/etc/os-release') ? [textEntry('etc/os-release', readFileSync('/etc/os-release', 'utf8'))] : [];
}
