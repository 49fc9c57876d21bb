import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { failure } from '../src/base/fault.ts';
import type { Event } from '../src/base/event.ts';
import type { Host, ProcessOptions, ProcessResult } from '../src/base/host.ts';

/** This repository's folder. */
export const repository: string = join(import.meta.dirname, '..');

/** What scripts download or make once: never in git, safe to delete. */
export const cacheFolder: string = join(repository, '.cache');

/** The machine for scripts: notes go to stderr, finished programs' output to the caller. */
export function createScriptHost(): Host {
  return {
    env: process.env,
    cwd: process.cwd(),
    os: process.platform === 'darwin' ? 'darwin' : process.platform === 'win32' ? 'win32' : 'linux',
    arch: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    cacheFolder: process.env['SHEAR_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? '/', '.cache'), 'shear'),
    signal: new AbortController().signal,
    emit: say,
    now: Date.now,
    run,
  };
}

function say(event: Event): void {
  if (event.kind === 'note' || event.kind === 'warning') process.stderr.write(`  ${event.text}\n`);
}

function run(program: string, args: readonly string[], options: ProcessOptions = {}): Promise<ProcessResult> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...options.env };
    const child = spawn(program, args, { cwd: options.cwd, env, timeout: options.timeout, stdio: 'pipe' });
    const [out, errors]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      errors.push(chunk);
      options.onStderr?.(chunk.toString());
    });
    child.on('error', (error) => reject(failure('tool/missing', `${program} could not be started`, { cause: error })));
    child.on('close', (code, signal) => {
      resolve({
        code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]),
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(errors).toString(),
      });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
  });
}
