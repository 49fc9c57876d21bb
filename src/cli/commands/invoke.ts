import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../../base/fault.ts';
import { invokeBuilt } from '../../session/invoke-built.ts';
import type { Command } from '../command.ts';
import { buildOptions } from './build.ts';

/** `shear invoke`: only the function's answer goes to stdout; its log to stderr. */
export const command: Command = {
  run: async (call) => {
    const [name] = call.positionals;
    const workFolder = await mkdtemp(join(tmpdir(), 'shear-invoke-'));
    const backend = call.value('backend');
    if (backend !== undefined && backend !== 'bubblewrap' && backend !== 'process') throw failure('usage', `there is no backend ${backend}`, { next: 'use bubblewrap or process' });
    try {
      const result = await invokeBuilt(call.host, {
        build: { ...buildOptions(call), only: [] }, name, backend, workFolder,
        mustBuild: !call.flag('no-build'),
        event: readEvent(call.value('event')),
        variables: readVariables(call.value('env-vars')),
        onLog: (chunk) => {
          if (!call.isQuiet) call.output.note(Buffer.from(chunk).toString().trimEnd());
        },
      });
      for (const remark of result.remarks) if (!call.isQuiet) call.output.note(`note: ${remark}`);
      const payload = 'payload' in result && result.payload !== undefined ? Buffer.from(result.payload).toString() : '';
      call.output.print(call.isJson ? JSON.stringify({ schema: 1, kind: result.kind, payload, backend: result.backend, durationMs: result.durationMs, initMs: result.initMs, maxMemoryMb: result.maxMemoryMb, remarks: result.remarks }) : payload);
      return result.kind === 'response' ? 0 : 3;
    } finally {
      await rm(workFolder, { recursive: true, force: true });
    }
  },
};

function readEvent(path: string | undefined): Uint8Array {
  if (path === undefined) return Buffer.from('{}');
  try {
    return readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    throw failure('usage', `the event file ${path} cannot be read`, { cause: error, next: 'give a JSON file with -e, or - for standard input' });
  }
}

/** Variables by function (its name or logical ID), or for all under `Parameters`. */
function readVariables(path: string | undefined): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  if (path === undefined) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/u, ''));
    if (typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'object' && one !== null)) return value as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    throw new Error('a map of maps is expected');
  } catch (error) {
    throw failure('usage', `the variables in ${path} cannot be read`, { why: error instanceof Error ? error.message : undefined, cause: error, next: 'give a JSON file such as {"FunctionName": {"VARIABLE": "value"}}' });
  }
}
