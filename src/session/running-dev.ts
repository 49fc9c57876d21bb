import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../base/fault.ts';
import { stateFolder } from '../build/state.ts';

/** Where the `shear dev` of a project says that it serves: `{"pid", "port"}`, while it runs. */
export function runningDevPath(folder: string): string {
  return join(stateFolder(folder), 'dev.json');
}

/** The address of the Invoke API that runs for a project; undefined where none does. A port that is given is believed. */
export function runningDev(folder: string, port: string | undefined): string | undefined {
  if (port !== undefined) return `http://127.0.0.1:${port}`;
  const path = runningDevPath(folder);
  if (!existsSync(path)) return undefined;
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof found !== 'object' || found === null || !('pid' in found) || !('port' in found) || !Number.isInteger(found.pid)) return undefined;
    process.kill(Number(found.pid), 0);
    return `http://127.0.0.1:${Number(found.port)}`;
  } catch {
    // Half-written, or left behind by a process that is gone.
    return undefined;
  }
}

/** Sends an event through the Invoke API and gives what the function answered. */
export async function invokeThrough(address: string, name: string, event: string): Promise<{ readonly payload: string; readonly isError: boolean }> {
  const url = `${address}/2015-03-31/functions/${encodeURIComponent(name)}/invocations`;
  const answer = await fetch(url, { method: 'POST', body: event }).catch((error: unknown) => {
    throw failure('runtime/failed', `nothing answers at ${address}`, { cause: error, next: 'start `shear dev`, or leave --port out to run the function without it' });
  });
  const payload = await answer.text();
  if (!answer.ok) throw failure('runtime/failed', `${address} refused to invoke ${name} (${answer.status})`, { why: payload.slice(0, 500) || undefined });
  return { payload, isError: answer.headers.get('x-amz-function-error') !== null };
}
