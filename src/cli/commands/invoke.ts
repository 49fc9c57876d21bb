import { readFileSync } from 'node:fs';
import { failure } from '../../base/fault.ts';
import { inWorkFolder } from '../../session/work-folder.ts';
import { untoldNotes } from '../../session/told-notes.ts';
import { placeAt } from '../../base/source.ts';
import { readVariables } from '../read-variables.ts';
import { invokeBuilt } from '../../session/invoke-built.ts';
import type { InvokeResult } from '../../runtime/invoke.ts';
import type { Call, Command } from '../command.ts';
import { debugText } from '../dev/debug-text.ts';
import { buildOptions } from './build.ts';

/** `shear invoke`: only the function's answer goes to stdout; its log to stderr. */
export const command: Command = {
  run: async (call) => {
    const [name] = call.positionals;
    const backend = call.value('backend');
    if (backend !== undefined && backend !== 'bubblewrap' && backend !== 'process' && backend !== 'docker') throw failure('usage', `there is no backend ${backend}`, { next: 'use bubblewrap, docker or process' });
    const event = await readEvent(call.value('event'));
    return await inWorkFolder('invoke', async (workFolder) => {
      const result = await invokeBuilt(call.host, {
        build: { ...buildOptions(call), only: [] }, name, backend, limitsCpu: call.flag('cpu-limit'), workFolder,
        mustBuild: !call.flag('no-build'),
        debug: debugOf(call),
        event,
        variables: readVariables(call.value('env-vars')),
        onLog: (chunk) => {
          // Lambda's runtimes break the lines of one message with CR, which on a terminal would write over what is there.
          if (!call.isQuiet) call.output.note(Buffer.from(chunk).toString().replace(/\r(?!\n)/gu, '\n').trimEnd());
        },
      });
      // A function that was stopped has not failed.
      if (call.host.signal.aborted) throw new Error('interrupted');
      tellRemarks(call, result);
      const payload = 'payload' in result && result.payload !== undefined ? Buffer.from(result.payload).toString() : '';
      call.output.print(call.isJson ? JSON.stringify({ schema: 1, kind: result.kind, payload, backend: result.backend, durationMs: result.durationMs, initMs: result.initMs, maxMemoryMb: result.maxMemoryMb, remarks: result.remarks }) : payload);
      return result.kind === 'response' ? 0 : 3;
    });
  },
};

/** What differs from Lambda, once per project: who invokes again and again knows it. All of it with --verbose, and where it may be why a function does not start. */
function tellRemarks(call: Call, { kind, remarks }: Pick<InvokeResult, 'kind' | 'remarks'>): void {
  if (call.isQuiet) return;
  for (const remark of call.isVerbose || kind === 'init-error' ? remarks : untoldNotes(call.project, remarks)) call.output.note(`note: ${remark}`);
}

function debugOf(call: Call): Parameters<typeof invokeBuilt>[1]['debug'] {
  if (!call.flag('debug')) return undefined;
  const text = call.value('debug-port');
  const port = text === undefined ? undefined : Number(text);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65_536)) throw failure('usage', `--debug-port has ${text}, which is no port`, { next: 'give a number below 65536; 0 takes any free one' });
  return { port, mustWait: true, onPort: (opened, language) => call.output.note(debugText(opened, language)) };
}

async function readEvent(path: string | undefined): Promise<Uint8Array> {
  if (path === undefined) return Buffer.from('{}');
  const bytes = path === '-' ? await readInput() : readEventFile(path);
  const name = path === '-' ? 'standard input' : path;
  const text = bytes.toString('utf8');
  try {
    JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const offset = /position (\d+)/u.exec(why)?.[1];
    throw failure('usage', bytes.length === 0 ? `${name} is empty, and an event is JSON` : `the event in ${name} is not JSON`, {
      ...(path === '-' ? {} : { place: placeAt({ path, text }, offset === undefined ? text.length : Number(offset)) }),
      why, next: 'give one JSON value, `{}` for instance', cause: error,
    });
  }
  return bytes;
}

/** Waits for all of it; reading the descriptor at once fails where the other end is not ready. */
async function readInput(): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of process.stdin) parts.push(chunk as Buffer);
  return Buffer.concat(parts);
}

function readEventFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const why = code === 'ENOENT' ? 'it is not there' : code === 'EISDIR' ? 'it is a folder' : `the system says ${code}`;
    throw failure('usage', `the event file ${path} cannot be read`, { cause: error, why, next: 'give a JSON file with -e, or - for standard input' });
  }
}
