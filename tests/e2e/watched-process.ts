import { spawn } from 'node:child_process';

/** A program that goes on until it is stopped, with what it has said so far. */
export interface WatchedProcess {
  /** Ends once the output after the last `until` holds the text; rejects with all of it when the program ends before. */
  readonly until: (text: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts a program and answers its first question by `input`. */
export function watchProcess(program: string, args: readonly string[], options: { readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly input: string }): WatchedProcess {
  const child = spawn(program, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: 'pipe' });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let output = '';
  let seen = 0;
  let check = (): void => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      check();
    });
  }
  child.stdin.write(options.input);
  return {
    until: (text) =>
      new Promise((resolve, reject) => {
        check = () => {
          const at = output.indexOf(text, seen);
          if (at < 0) return;
          seen = at + text.length;
          check = () => undefined;
          resolve();
        };
        check();
        void ended.then(() => reject(new Error(`${program} ended without "${text}":\n${output}`)));
      }),
    stop: async () => {
      child.kill('SIGINT');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    },
  };
}
