import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startDev } from './dev-process.ts';

/** What a `shear dev` costs while nothing happens. */
export interface Idle {
  /** Mebibytes of resident memory more than a Node that does nothing. */
  readonly memoryMb: number;
  /** Milliseconds of processor time in each of some spans of `seconds`. */
  readonly cpuMs: readonly number[];
  readonly seconds: number;
  /** Milliseconds of processor time in the minute before: the engine collects what the build left, once. */
  readonly tidyMs: number;
  readonly files: number;
}

const filesEach = 20;
const seconds = 20;
const spans = 5;

/** Watches a project of so many zip functions. Linux alone has the figures, in /proc. */
export async function measureIdle(project: string, functions: number): Promise<Idle> {
  const names = Array.from({ length: functions }, (_, at) => `Function${at}`);
  for (const name of names) {
    mkdirSync(join(project, name), { recursive: true });
    writeFileSync(join(project, name, 'app.py'), 'def handler(event, context):\n    return {}\n');
    for (let at = 1; at < filesEach; at++) writeFileSync(join(project, name, `part${at}.py`), `PART = ${at}\n`);
  }
  const resources = names.map((name) => `  ${name}:\n    Type: AWS::Serverless::Function\n    Properties: { CodeUri: ${name}, Handler: app.handler, Runtime: python3.12 }\n`);
  writeFileSync(join(project, 'template.yaml'), `Transform: AWS::Serverless-2016-10-31\nResources:\n${resources.join('')}`);
  const nothing = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1e9)'], { stdio: 'ignore' });
  const dev = await startDev(project, { SHEAR_CACHE: join(project, '..', 'idle-cache') });
  try {
    const used = async (ms: number): Promise<number> => {
      const before = ticks(dev.pid);
      await pause(ms);
      return (ticks(dev.pid) - before) * 10;
    };
    await pause(2000);
    const memoryMb = resident(dev.pid) - resident(nothing.pid ?? 0);
    const tidyMs = await used(60_000);
    const cpuMs: number[] = [];
    for (let i = 0; i < spans; i++) cpuMs.push(await used(seconds * 1000));
    return { memoryMb, cpuMs, tidyMs, seconds, files: functions * filesEach };
  } finally {
    nothing.kill();
    await dev.stop();
  }
}

/** Hundredths of a second that a process has used, without its children. */
export function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

function resident(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}
