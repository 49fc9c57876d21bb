import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { kill } from 'node:process';

/** One process of the machine. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly name: string;
  /** Resident bytes. */
  readonly resident: number;
}

/** Memory pages are 4 KiB on every platform Lambda and this emulation run on, save some arm64 kernels (corrected by VmHWM). */
const pageSize = 4096;

/** Every process of this machine (Linux; empty elsewhere), from /proc/PID/stat (proc_pid_stat(5)). */
export function listProcesses(): readonly ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  for (const name of listNumeric()) {
    const entry = parseStat(readProc(`/proc/${name}/stat`));
    if (entry) entries.push(entry);
  }
  return entries;
}

/**
 * The processes that belong to an execution environment: the started ones, all their descendants, members of
 * their process groups, and those that left both (a daemon) but still carry the environment's marker.
 * `marker` is text found in no other process's environment block: the log stream's name.
 */
export function processesOf(roots: readonly number[], marker?: string): readonly ProcessEntry[] {
  const all = listProcesses();
  const found = new Set<number>(roots);
  let grew = true;
  while (grew) {
    grew = false;
    for (const entry of all) {
      if (found.has(entry.pid)) continue;
      const isMember = found.has(entry.parent) || roots.includes(entry.group);
      if (!isMember && !(marker !== undefined && carries(entry.pid, marker))) continue;
      found.add(entry.pid);
      grew = true;
    }
  }
  return all.filter((entry) => found.has(entry.pid));
}

/**
 * The started processes and their descendants by the kernel's own lists of children, which costs a hundredth of a look at every
 * process of the machine. Undefined where the kernel keeps no such lists (CONFIG_PROC_CHILDREN).
 */
export function descendantsOf(roots: readonly number[]): readonly ProcessEntry[] | undefined {
  const found: ProcessEntry[] = [];
  const left = [...roots];
  for (let pid = left.pop(); pid !== undefined; pid = left.pop()) {
    const entry = parseStat(readProc(`/proc/${pid}/stat`));
    if (entry === undefined) continue;
    found.push(entry);
    const lists = threadsOf(pid).map((thread) => readProc(`/proc/${pid}/task/${thread}/children`, undefined));
    // A process that has just ended has no lists any more; one that lives has them, or the kernel keeps none.
    if (lists.includes(undefined) && readProc(`/proc/${pid}/stat`) !== '') return undefined;
    left.push(...lists.flatMap((list) => (list ?? '').split(' ').filter((text) => text !== '').map(Number)));
  }
  return found;
}

/** Highest resident size that the kernel saw of a process, bytes; 0 when it is gone. */
export function peakResident(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/mu.exec(readProc(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

/** A process's share of memory where shared pages count by part, bytes; undefined when the kernel does not say. */
export function proportionalSize(pid: number): number | undefined {
  const kilobytes = /^Pss:\s+(\d+) kB/mu.exec(readProc(`/proc/${pid}/smaps_rollup`))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Sends a signal to a process, or with a negative number to a group; a process that is gone is no error. */
export function sendSignal(pid: number, signal: 'SIGKILL' | 'SIGTERM'): void {
  try {
    kill(pid, signal);
  } catch {
    // ESRCH: it ended by itself.
  }
}

/** Parses /proc/PID/stat; the name in parentheses may hold spaces and parentheses itself. */
export function parseStat(text: string): ProcessEntry | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < 0) return undefined;
  const fields = text.slice(close + 2).split(' ');
  if (fields[0] === 'Z') return undefined;
  return {
    pid: Number(text.slice(0, open)),
    name: text.slice(open + 1, close),
    parent: Number(fields[1]),
    group: Number(fields[2]),
    resident: Number(fields[21]) * pageSize,
  };
}

function carries(pid: number, marker: string): boolean {
  return readProc(`/proc/${pid}/environ`).includes(marker);
}

function listNumeric(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/u.test(name));
  } catch {
    return [];
  }
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** One buffer for all files of /proc, which are read whole and at once. */
const page = Buffer.alloc(64 * 1024);

function readProc(path: string): string;
function readProc(path: string, absent: undefined): string | undefined;
function readProc(path: string, ...absent: readonly undefined[]): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return absent.length > 0 ? undefined : '';
  }
  try {
    let size = 0;
    for (let read = 1; read > 0 && size < page.length; size += read) read = readSync(file, page, size, page.length - size, null);
    return page.toString('latin1', 0, size);
  } catch {
    return absent.length > 0 ? undefined : '';
  } finally {
    closeSync(file);
  }
}
