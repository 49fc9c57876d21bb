import type { Host } from '../base/host.ts';
import { once } from '../base/once.ts';
import { Failure, failure } from '../base/fault.ts';

/** How the function's processes are kept in their own file tree. */
export type Backend =
  | {
      readonly kind: 'bubblewrap';
      /** True where the function gets Lambda's user ID, which takes an unprivileged user namespace. */
      readonly hasUserNamespace: boolean;
      /** True where bubblewrap can bound the size of /tmp (0.7 and later). */
      readonly canSizeTmp: boolean;
    }
  | {
      readonly kind: 'docker';
      /** `docker`, or `finch`, which takes the same arguments. */
      readonly program: string;
    }
  | {
      readonly kind: 'process';
      /** Why there is no file tree of its own. */
      readonly why: string;
    };

/** Options that every run under bubblewrap gets; the probe tries just these. */
export function isolation(hasUserNamespace: boolean): readonly string[] {
  // 993 and 990 are the IDs that functions run under on Lambda.
  const user = hasUserNamespace ? ['--unshare-user', '--uid', '993', '--gid', '990'] : [];
  return [...user, '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--hostname', '169.254.100.6', '--die-with-parent', '--clearenv'];
}

const chosen = new WeakMap<Host, Map<Backend['kind'] | undefined, Promise<Backend>>>();

/** `chooseBackend`, once per host and wish: what a machine allows does not change while shear runs. */
export function backendOf(host: Host, wish?: Backend['kind']): Promise<Backend> {
  const known = chosen.get(host) ?? new Map<Backend['kind'] | undefined, Promise<Backend>>();
  chosen.set(host, known);
  const found = known.get(wish) ?? chooseBackend(host, wish);
  known.set(wish, found);
  return found;
}

/**
 * Finds out by a trial run what this machine allows: bubblewrap with a user namespace, without one, or a plain
 * process. `wish` narrows the choice, and a container engine is taken only on such a wish; what does not run here is a `runtime/failed` failure.
 */
export async function chooseBackend(host: Host, wish?: Backend['kind']): Promise<Backend> {
  if (wish === 'process') return { kind: 'process', why: 'a plain process was asked for' };
  if (wish === 'docker') return findContainerEngine(host);
  const tried = host.os === 'linux' ? await probed(host) : 'bubblewrap runs on Linux only';
  if (typeof tried !== 'string') return tried;
  if (wish === undefined) return { kind: 'process', why: tried };
  throw failure('runtime/failed', 'bubblewrap cannot run on this machine', {
    why: tried,
    next: 'install bubblewrap and allow unprivileged user namespaces, or run the function as a plain process',
  });
}

/** Tried once for each host: a process that starts many functions does not ask each time. */
const probed = once(probe);

/** Docker, or else Finch, whichever answers. */
async function findContainerEngine(host: Host): Promise<Backend> {
  for (const program of ['docker', 'finch']) {
    const asked = await host.run(program, ['version', '--format', '{{.Server.Version}}'], { timeout: 20_000 }).catch((error: unknown) => {
      if (error instanceof Failure) return undefined;
      throw error;
    });
    if (asked?.code === 0) return { kind: 'docker', program };
  }
  throw failure('runtime/failed', 'no container engine answers', {
    why: 'neither `docker version` nor `finch version` reached one',
    next: 'start Docker or Finch, or leave `--backend docker` out',
  });
}

async function probe(host: Host): Promise<Backend | string> {
  let why = '';
  for (const hasUserNamespace of [true, false]) {
    for (const canSizeTmp of [true, false]) {
      const size = canSizeTmp ? ['--size', '1048576'] : [];
      const mounts = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', ...size, '--tmpfs', '/tmp'];
      const args = [...isolation(hasUserNamespace), ...mounts, '--', '/bin/sh', '-c', ':'];
      try {
        const result = await host.run('bwrap', args, { timeout: 10_000 });
        if (result.code === 0) return { kind: 'bubblewrap', hasUserNamespace, canSizeTmp };
        why ||= `a trial run of bwrap failed: ${result.stderr.trim().slice(0, 300)}`;
      } catch (error) {
        if (error instanceof Failure) return 'the program bwrap (bubblewrap) is not installed';
        throw error;
      }
    }
  }
  return why;
}
