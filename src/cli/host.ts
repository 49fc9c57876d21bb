import { systemClock } from '../base/clock.ts';
import { constants } from 'node:os';
import { failure } from '../base/fault.ts';
import { cacheFolderOf } from './cache-folder.ts';
import type { Emit } from '../base/event.ts';
import type { Host, ProcessOptions, ProcessResult } from '../base/host.ts';

/** The machine that this process runs on. */
export function createHost(emit: Emit, signal: AbortSignal): Host {
  const { env } = process;
  return {
    env,
    cwd: process.cwd(),
    os: process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux',
    arch: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    cacheFolder: cacheFolderOf(env),
    signal,
    emit,
    now: systemClock(),
    run: async (program, args, options = {}) => await run(program, args, options, signal),
  };
}

async function run(program: string, args: readonly string[], options: ProcessOptions, signal: AbortSignal): Promise<ProcessResult> {
  // Loaded late: most builds start no program, and this module brings the network's along (7 ms).
  const { spawn } = await import('node:child_process');
  return await new Promise((resolve, reject) => {
    const env = { ...process.env, ...options.env };
    const child = spawn(program, args, { cwd: options.cwd, env, timeout: options.timeout, stdio: 'pipe', signal });
    const [out, errors]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      errors.push(chunk);
      options.onStderr?.(chunk.toString());
    });
    child.on('error', (error) => {
      reject(failure('tool/missing', `${program} could not be started`, { cause: error, why: error.message, next: `install ${program}, or put it on PATH` }));
    });
    child.on('close', (code, ended) => {
      resolve({
        code: code ?? 128 + (ended === null ? 0 : constants.signals[ended]),
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(errors).toString(),
      });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
  });
}
