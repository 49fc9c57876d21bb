import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repository } from '../script-host.ts';

/** A finished run of a whole process. */
export interface TimedRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** From before the start until after the end, milliseconds. */
  readonly ms: number;
}

/** How a program is run. */
export interface TimedOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end and takes the time of the whole process. */
export function timed(program: string, args: readonly string[], options: TimedOptions): Promise<TimedRun> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr, ms: performance.now() - started }));
  });
}

/** The built command line, as a user's shell would start it. */
export function shear(args: readonly string[], options: TimedOptions & { readonly node?: string }): Promise<TimedRun> {
  return timed(options.node ?? process.execPath, [join(repository, 'dist', 'shear.cjs'), ...args], options);
}
