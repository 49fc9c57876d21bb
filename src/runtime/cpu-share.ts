import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Mebibytes of memory that buy one processor on Lambda (Lambda's developer guide, "Configure Lambda function memory"). */
const memoryOfOne = 1769;
/** Microseconds in which a share is counted; short, so that a small share does not come in long pauses. */
const period = 20_000;

/** A control group that holds processes to a share of the processor. */
export interface CpuShare {
  /** Absolute. */
  readonly folder: string;
  readonly add: (pids: readonly number[]) => void;
  /** Once nothing runs in it any more. */
  readonly remove: () => void;
}

/** Processors that a memory size buys on Lambda. */
export function processorsFor(memory: number): number {
  return memory / memoryOfOne;
}

/**
 * Makes a control group below this process's own, or the nearest above it that is writable (as root, or delegated to this user),
 * in version 2 or 1 of cgroups(7); `why` where there is none.
 * @param system where `/sys` and `/proc` are.
 */
export function openCpuShare(name: string, memory: number, system = '/'): CpuShare | { readonly why: string } {
  let groups: readonly string[];
  try {
    groups = readFileSync(join(system, 'proc/self/cgroup'), 'utf8').split('\n');
  } catch {
    return { why: 'this system has no control groups' };
  }
  const quota = Math.max(1000, Math.round(processorsFor(memory) * period));
  for (const candidate of candidates(groups, join(system, 'sys/fs/cgroup'))) {
    const folder = join(candidate.parent, `shear-${name}`);
    try {
      if (candidate.version === 2) delegate(candidate.parent);
      mkdirSync(folder);
    } catch {
      continue;
    }
    try {
      if (candidate.version === 2) writeFileSync(join(folder, 'cpu.max'), `${quota} ${period}`);
      else {
        writeFileSync(join(folder, 'cpu.cfs_period_us'), String(period));
        writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(quota));
      }
      return { folder, add: (pids) => move(folder, pids), remove: () => discard(folder) };
    } catch {
      discard(folder);
    }
  }
  return { why: 'no control group with the processor in it may be written by this user' };
}

function* candidates(groups: readonly string[], root: string): Generator<{ readonly version: 1 | 2; readonly parent: string }> {
  for (const line of groups) {
    const [, controllers = '', path] = /^\d+:([^:]*):(\/.*)$/u.exec(line) ?? [];
    if (path === undefined) continue;
    if (controllers === '') yield* upwards(root, path, 2);
    else if (controllers.split(',').includes('cpu')) {
      yield* upwards(join(root, controllers), path, 1);
      yield* upwards(join(root, 'cpu'), path, 1);
    }
  }
}

function* upwards(root: string, path: string, version: 1 | 2): Generator<{ readonly version: 1 | 2; readonly parent: string }> {
  for (let at = path; ; at = dirname(at)) {
    yield { version, parent: join(root, at) };
    if (at === '/') return;
  }
}

/** Lets the groups below have shares; fails in a group that has processes of its own, as version 2 has it. */
function delegate(parent: string): void {
  const control = join(parent, 'cgroup.subtree_control');
  if (!readFileSync(control, 'utf8').split(/\s/u).includes('cpu')) writeFileSync(control, '+cpu');
}

function move(folder: string, pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      writeFileSync(join(folder, 'cgroup.procs'), String(pid));
    } catch {
      // It has ended.
    }
  }
}

function discard(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // The kernel keeps it as long as a process ends in it; the watchdog tries again.
  }
}
