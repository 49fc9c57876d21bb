import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { failure } from '../../src/base/fault.ts';
import type { Host } from '../../src/base/host.ts';

/** A host for tests: an empty environment but for what is given, a clock that stands, no events kept. */
export function testHost(overrides: Partial<Host> = {}): Host {
  return {
    env: { HOME: '/nonexistent' },
    cwd: tmpdir(),
    os: 'linux',
    arch: 'x86_64',
    cacheFolder: '/nonexistent/cache',
    signal: new AbortController().signal,
    emit: () => undefined,
    now: () => 1_700_000_000_000,
    run: (program, args, options) =>
      new Promise((resolve, reject) => {
        const child = spawn(program, args, { cwd: options?.cwd, env: { ...process.env, ...overrides.env, ...options?.env } });
        const out = { stdout: '', stderr: '' };
        child.stdout.on('data', (chunk: Buffer) => (out.stdout += chunk.toString()));
        child.stderr.on('data', (chunk: Buffer) => (out.stderr += chunk.toString()));
        child.once('error', (cause) => reject(failure('tool/missing', `${program} cannot be started`, { cause })));
        child.once('close', (code) => resolve({ code: code ?? 137, ...out }));
        child.stdin.on('error', () => undefined);
        child.stdin.end(options?.input ?? '');
      }),
    ...overrides,
  };
}
