import { lstatSync, readlinkSync } from 'node:fs';
import type { Host } from '../base/host.ts';
import type { Backend } from './backend.ts';
import { isolation } from './backend.ts';
import { containedDebugFolder, type DebugSettings } from './debugging.ts';
import type { Launch, LaunchParking } from './launch.ts';
import { accountsFile, hostsFile } from './system-files.ts';
import type { RootMount } from './split-root.ts';

/** What a process sees as its file tree. */
export type Tree =
  /** The unpacked root of an image, and what is seen over it. */
  | { readonly kind: 'image'; readonly root: string; readonly mounts: readonly RootMount[] }
  /** The host's system folders below the artefact's. */
  | {
      readonly kind: 'zip';
      readonly task: string;
      readonly opt: string | undefined;
      readonly runtime: string;
      /** Installation prefix of the interpreter, seen at /var/lang as on Lambda. */
      readonly language: string;
    };

/** A program to run in a tree. */
export interface Contained {
  readonly tree: Tree;
  readonly argv: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Inside the tree. */
  readonly workingFolder: string;
  /** Mebibytes of /tmp. */
  readonly tmpSize: number;
  /** Set where a debugger may come to the program. */
  readonly debug?: DebugSettings | undefined;
  readonly parking?: LaunchParking | undefined;
}

/**
 * The command that runs a program in its own tree: read-only but for an empty /tmp, with processes, IPC and host
 * name apart, the network shared (functions call AWS and their Runtime API), and ended by the kernel when
 * its parent is. Arguments go through standard input, so that no variable's value shows in a process list.
 */
export function contain(
  host: Host,
  backend: Extract<Backend, { readonly kind: 'bubblewrap' }>,
  contained: Contained,
): Launch {
  const { tree, argv, workingFolder, tmpSize, debug, parking } = contained;
  const variables = { ...contained.variables, ...debug?.variables(containedDebugFolder, contained.variables), ...parking?.variables(contained.variables) };
  const size = backend.canSizeTmp ? ['--size', String(tmpSize * 1024 * 1024)] : [];
  const options = [
    ...isolation(backend.hasUserNamespace),
    ...(tree.kind === 'image' ? imageMounts(tree) : [...zipMounts(tree), '--ro-bind', accountsFile(host), '/etc/passwd']),
    '--ro-bind-try', '/etc/resolv.conf', '/etc/resolv.conf', '--ro-bind', hostsFile(host), '/etc/hosts',
    // As on Lambda there is no shared memory folder: what needs one fails here too.
    '--dev', '/dev', '--tmpfs', '/dev/shm', '--remount-ro', '/dev/shm', '--proc', '/proc',
    ...size, '--tmpfs', '/tmp',
    ...(debug?.folder === undefined ? [] : ['--ro-bind', debug.folder, containedDebugFolder]),
    ...(tree.kind === 'zip' ? ['--remount-ro', '/'] : []),
    ...Object.entries(variables).flatMap(([name, value]) => ['--setenv', name, value]),
    '--chdir', workingFolder,
  ];
  return {
    program: 'bwrap',
    args: ['--args', '0', '--', ...argv],
    env: { PATH: host.env['PATH'] ?? '/usr/bin:/bin' },
    cwd: '/',
    input: Buffer.from(options.map((option) => `${option}\0`).join('')),
    codesAreSignals: true,
    parking,
  };
}

function imageMounts({ root, mounts }: Extract<Tree, { readonly kind: 'image' }>): readonly string[] {
  return [{ source: root, target: '/' }, ...mounts].flatMap(({ source, target }) => ['--ro-bind', source, target]);
}

const systemFolders = ['/bin', '/sbin', '/lib', '/lib32', '/lib64'];

/** Of /etc only what programs need to run and to reach others: certificates, names, the loader's cache. */
const systemFiles = [
  '/etc/ssl', '/etc/pki', '/etc/ca-certificates', '/etc/crypto-policies', '/etc/ld.so.cache', '/etc/ld.so.conf', '/etc/ld.so.conf.d',
  '/etc/nsswitch.conf', '/etc/localtime', '/etc/protocols', '/etc/services', '/etc/mime.types', '/etc/alternatives', '/etc/host.conf',
];

function zipMounts(tree: Extract<Tree, { readonly kind: 'zip' }>): readonly string[] {
  const system = systemFolders.flatMap((path) => {
    const target = linkTarget(path);
    return target === undefined ? ['--ro-bind-try', path, path] : ['--symlink', target, path];
  });
  const opt = tree.opt === undefined ? ['--dir', '/opt'] : ['--ro-bind', tree.opt, '/opt'];
  return [
    '--ro-bind', '/usr', '/usr', ...system,
    ...systemFiles.flatMap((path) => ['--ro-bind-try', path, path]),
    '--ro-bind', tree.language, '/var/lang', '--ro-bind', tree.task, '/var/task', '--ro-bind', tree.runtime, '/var/runtime',
    ...opt,
  ];
}

function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}
