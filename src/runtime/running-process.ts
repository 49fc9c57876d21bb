import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { Container, Exit, Launch } from './launch.ts';
import { processesOf, sendSignal } from './process-tree.ts';

/** A started process, leader of a process group of its own. */
export interface RunningProcess {
  readonly pid: number | undefined;
  readonly hasExited: () => boolean;
  readonly container: Container | undefined;
  /** Of the program itself. */
  readonly env: Readonly<Record<string, string>>;
  readonly exited: Promise<Exit>;
}

/** Both outputs on one pipe, so that their order stays as written; then the program in the shell's place. */
const mergeOutputs = 'exec "$@" 2>&1';

/**
 * Starts a process in a session of its own, with nothing but the given environment.
 * Starting it cannot reject: a program that is missing shows as an exit with `error`.
 */
export function startProcess(launch: Launch, onOutput: (chunk: Buffer) => void): RunningProcess {
  const folder = launch.parking?.open();
  const child = spawn('/bin/sh', ['-c', mergeOutputs, 'sh', launch.program, ...launch.args], {
    cwd: launch.cwd,
    env: { ...launch.env },
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore', ...(folder === undefined ? [] : ['pipe' as const, folder])],
  });
  if (folder !== undefined) launch.parking?.close(folder);
  child.stdout?.on('data', onOutput);
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(launch.input);
  if (launch.parking) launch.parking.onControl(child.stdio[3] as Duplex);
  let hasExited = false;
  const exited = new Promise<Exit>((resolve) => {
    const end = (exit: Exit): void => {
      hasExited = true;
      resolve(exit);
    };
    child.once('exit', (code, signal) => end(launch.codesAreSignals ? unwrap(code, signal) : { code, signal }));
    child.once('error', (error) => end({ code: null, signal: null, error: error.message }));
  });
  return { pid: child.pid, hasExited: () => hasExited, exited, container: launch.container, env: launch.env };
}

/**
 * Kills processes with all that they started, whatever group or session it moved to, and waits for their end.
 * `marker`: see `processesOf`.
 */
export async function killTree(processes: readonly RunningProcess[], marker: string): Promise<void> {
  await Promise.all(processes.map(removeContainer));
  const roots = processes.flatMap((process) => (process.pid === undefined ? [] : [process.pid]));
  // What forks while it is being killed needs another pass; a killed process needs none.
  for (let pass = 0; pass < 8; pass++) {
    const found = processesOf(roots, marker);
    for (const running of processes) {
      if (running.pid !== undefined && !running.hasExited()) sendSignal(-running.pid, 'SIGKILL');
    }
    for (const entry of found) sendSignal(entry.pid, 'SIGKILL');
    await Promise.all(processes.map((process) => process.exited));
    if (found.length === 0) return;
  }
}

/** Ends a container with all that runs in it; one that is gone already is no error. */
async function removeContainer({ container, env, hasExited }: RunningProcess): Promise<void> {
  if (container === undefined || hasExited()) return;
  const child = spawn(container.program, ['rm', '--force', container.name], { env: { ...env }, stdio: 'ignore' });
  await new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
}

/** Waits until what a process wrote to its pipe before now has been read. */
export async function drainOutput(): Promise<void> {
  // The bytes lie in the kernel's buffer: the first turn ends the current round of the event loop, the next one
  // polls every pipe, and 64 KiB, all that a pipe holds, are read in that one round.
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

function unwrap(code: number | null, signal: string | null): Exit {
  const names: Readonly<Record<number, string>> = {
    134: 'SIGABRT', 135: 'SIGBUS', 136: 'SIGFPE', 132: 'SIGILL', 137: 'SIGKILL', 139: 'SIGSEGV', 143: 'SIGTERM',
  };
  const name = code === null ? undefined : names[code];
  return name === undefined ? { code, signal } : { code: null, signal: name };
}
