import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { attemptOnDisk, failure } from '../../base/fault.ts';
import { makeEvent } from '../../session/make-event.ts';
import { askedKinds } from '../../workflow/asked-event.ts';
import type { Given } from '../../workflow/given.ts';
import type { Call, Command } from '../command.ts';

/** Flags that name the resource that an event comes from. */
const names = ['bucket', 'queue', 'topic', 'table', 'stream', 'rule', 'group'];

/** `shear event`: an event as AWS would send it, printed, kept in a file or sent to a function. */
export const command: Command = {
  run: async (call) => {
    const [source, what] = call.positionals;
    if (source === undefined) return list(call);
    const target = call.value('invoke');
    const text = await makeEvent(call.host, {
      project: { folder: call.project, template: call.value('template'), profile: call.profile, parameterOverrides: call.parameterOverrides },
      source, what, function: target ?? call.value('function'), region: call.value('region'),
      name: names.map((name) => call.value(name)).find((value) => value !== undefined),
      given: givenBy(call),
    });
    const out = call.value('out');
    if (out !== undefined) keep(call, out, text);
    if (target !== undefined) return await send(call, target, text);
    if (out === undefined) call.output.print(text.trimEnd());
    return 0;
  },
};

function list(call: Call): number {
  if (call.isJson) call.output.print(JSON.stringify({ schema: 1, events: askedKinds.map(({ source, kind, summary }) => ({ source, kind, summary })) }));
  else for (const { source, kind, summary } of askedKinds) call.output.print(`${`${source} ${kind}`.padEnd(32)} ${summary}`);
  return 0;
}

function givenBy(call: Call): Given {
  const [key, subject, source, detailType, method, path, stage] = ['key', 'subject', 'source', 'detail-type', 'method', 'path', 'stage'].map((name) => call.value(name));
  const all: Given = {
    key, subject, source, detailType, method, stage, path: path === undefined || path.startsWith('/') ? path : `/${path}`,
    body: bodyOf(call), size: numberOf(call, 'size', 0), count: numberOf(call, 'count', 1),
    attributes: pairsOf(call, 'attributes', '='), query: pairsOf(call, 'query', '='), headers: pairsOf(call, 'header', ':', (name) => name.toLowerCase()),
  };
  // Only what is said: the kind's own action stays.
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** The text itself, or `@FILE` for what a file holds. */
function bodyOf(call: Call): string | undefined {
  const body = call.value('body');
  if (body === undefined || !body.startsWith('@')) return body;
  const path = resolve(call.project, body.slice(1));
  if (!existsSync(path)) throw failure('usage', `the body in ${body.slice(1)} is not there`, { next: 'give the text itself, or @ and the path of a file' });
  return readFileSync(path, 'utf8');
}

function numberOf(call: Call, name: string, least: number): number | undefined {
  const text = call.value(name);
  if (text === undefined) return undefined;
  if (!/^\d+$/u.test(text) || Number(text) < least || (name === 'count' && Number(text) > 10_000)) throw failure('usage', `--${name} ${text} is no number of ${name === 'count' ? 'records (1 to 10,000)' : 'bytes'}`);
  return Number(text);
}

function pairsOf(call: Call, flag: string, mark: string, nameOf: (name: string) => string = (name) => name): Readonly<Record<string, string>> | undefined {
  const texts = call.values(flag);
  if (texts.length === 0) return undefined;
  return Object.fromEntries(texts.map((text) => {
    const at = text.indexOf(mark);
    if (at <= 0) throw failure('usage', `--${flag} has ${text}, which is not NAME${mark}VALUE`);
    return [nameOf(text.slice(0, at).trim()), mark === ':' ? text.slice(at + 1).trim() : text.slice(at + 1)];
  }));
}

/** Writes a new file; one that is there stays unless it is the same or --force is given. */
function keep(call: Call, out: string, text: string): void {
  const path = resolve(call.project, out);
  const shown = relative(call.project, path);
  if (existsSync(path) && !call.flag('force') && readFileSync(path, 'utf8') !== text) throw failure('usage', `${shown} is there already`, { why: 'it may hold an event of your own', next: 'give another name, or --force' });
  attemptOnDisk(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  });
  call.output.note(`${shown} written`);
}

/** To the `shear dev` that runs for this project, else through the built function itself. */
async function send(call: Call, target: string, text: string): Promise<number> {
  const { runningDev, invokeThrough } = await import('../../session/running-dev.ts');
  const running = runningDev(call.project, call.value('port'));
  if (running !== undefined) {
    const { payload, isError } = await invokeThrough(running, target, text);
    call.output.print(payload);
    return isError ? 3 : 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'shear-event-'));
  try {
    const file = join(folder, 'event.json');
    writeFileSync(file, text);
    const { command: invoke } = await import('./invoke.ts');
    return await invoke.run({ ...call, positionals: [target], value: (name) => (name === 'event' ? file : name === 'template' ? call.value(name) : undefined), flag: () => false });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
