import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startDev } from './dev-process.ts';

/** What a `shear dev` costs while nothing happens. */
export interface Idle {
  /** Mebibytes of resident memory more than a Node that does nothing. */
  readonly memoryMb: number;
  /** Milliseconds of processor time. */
  readonly cpuMs: number;
  readonly seconds: number;
  readonly files: number;
}

const filesEach = 20;
const seconds = 20;

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
    // Start-up's garbage is collected in the first seconds.
    await pause(5000);
    const before = ticks(dev.pid);
    await pause(seconds * 1000);
    return { memoryMb: resident(dev.pid) - resident(nothing.pid ?? 0), cpuMs: (ticks(dev.pid) - before) * 10, seconds, files: functions * filesEach };
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
