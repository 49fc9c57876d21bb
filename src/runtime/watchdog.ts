import { spawn } from 'node:child_process';
import type { Container } from './launch.ts';

/**
 * Reads lines until its input ends, which happens when shear is gone, however it went (a kernel closes the
 * pipes of a killed process). Then it kills the process groups it was told of, and on Linux every process
 * that carries the environment's marker, so also daemons that left their group.
 */
const script = `
groups=
containers=
folders=
while read -r word pid; do
  case $word in
    add) groups="$groups $pid" ;;
    engine) engine=$pid ;;
    container) containers="$containers $pid" ;;
    folder) folders="$folders $pid" ;;
    done) break ;;
  esac
done
[ "$word" = done ] && { [ -z "$folders" ] || rmdir $folders 2>/dev/null; exit 0; }
[ -z "$containers" ] || "$engine" rm --force $containers >/dev/null 2>&1
for group in $groups; do kill -KILL -- "-$group" 2>/dev/null; done
for file in /proc/[0-9]*/environ; do
  grep -qF -- "$1" "$file" 2>/dev/null || continue
  pid=\${file#/proc/}
  kill -KILL "\${pid%/environ}" 2>/dev/null
done
[ -z "$folders" ] || { sleep 1; rmdir $folders 2>/dev/null; }
`;

/** Outlives shear by a moment, to end what it started. */
export interface Watchdog {
  /** Tells of a process group to kill. */
  readonly add: (group: number) => void;
  /** Tells of a container to remove. */
  readonly addContainer: (container: Container) => void;
  /** Tells of a control group to remove. */
  readonly addFolder: (folder: string) => void;
  /** Nothing is left to watch. */
  readonly done: () => void;
}

/** Starts the watchdog of an environment, before anything that it is to watch. `env`: what a container engine's program needs. */
export function startWatchdog(marker: string, env: Readonly<Record<string, string>> = {}): Watchdog {
  const child = spawn('/bin/sh', ['-c', script, 'sh', marker], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', ...env },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const { stdin } = child;
  stdin.on('error', () => undefined);
  child.on('error', () => undefined);
  child.unref();
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  return {
    addContainer: ({ program, name }) => void stdin.write(`engine ${program}\ncontainer ${name}\n`),
    addFolder: (folder) => void stdin.write(`folder ${folder}\n`),
    add: (group) => void stdin.write(`add ${group}\n`),
    done: () => void stdin.end('done\n'),
  };
}
