import type { Answer } from './api-protocol.ts';
import type { FunctionSettings } from './environment.ts';
import type { Ended, InitEnd } from './life.ts';
import type { Measured, Outcome } from './outcome.ts';
import { errorDocument } from './outcome.ts';
import { exitMessage } from './report-lines.ts';

/** What ended an invocation. */
export type End =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'init'; readonly result: Exclude<InitEnd['result'], { readonly kind: 'ready' }> }
  | { readonly kind: 'ended'; readonly ended: Ended }
  | { readonly kind: 'timeout' };

/** What is particular to a kind of outcome. */
type Ending = Outcome extends infer O ? (O extends Outcome ? Omit<O, keyof Measured> : never) : never;

/** An end in Lambda's words. */
export interface Verdict {
  readonly ending: Ending;
  readonly payload: Uint8Array;
  /** For the REPORT line. */
  readonly status: 'timeout' | 'error' | undefined;
  readonly errorType: string | undefined;
  /** Lines that Lambda adds to the log before END; `time` is an ISO date. */
  readonly lines: (time: string) => readonly string[];
}

interface Facts {
  readonly requestId: string;
  readonly settings: FunctionSettings;
  readonly overMemory: boolean;
}

const noLines = (): readonly string[] => [];

/**
 * Says what an end means to the caller. The wording of messages is what Lambda's Invoke API and log show;
 * a raised exception is an answer like another to the platform, so REPORT has no status for it.
 */
export function judge(end: End, facts: Facts): Verdict {
  if (end.kind === 'timeout') return timedOut(facts);
  if (end.kind === 'ended') return crashed(end.ended, facts, 'crash');
  if (end.kind === 'init') return notInitialised(end.result, facts);
  const { answer } = end;
  if (answer.kind === 'error') {
    const { errorType, body } = answer;
    return { ending: { kind: 'error', errorType }, payload: body, status: undefined, errorType, lines: noLines };
  }
  const { contentType, streamed, body } = answer;
  return { ending: { kind: 'response', contentType, streamed }, payload: body, status: undefined, errorType: undefined, lines: noLines };
}

function timedOut({ requestId, settings }: Facts): Verdict {
  const sentence = `Task timed out after ${settings.timeout.toFixed(2)} seconds`;
  return {
    ending: { kind: 'timeout', errorType: 'Sandbox.Timedout' },
    payload: errorDocument('Sandbox.Timedout', `RequestId: ${requestId} Error: ${sentence}`),
    status: 'timeout',
    errorType: 'Sandbox.Timedout',
    lines: (time) => [`${time} ${requestId} ${sentence}`, ''],
  };
}

function notInitialised(result: Extract<End, { kind: 'init' }>['result'], facts: Facts): Verdict {
  if (result.kind === 'ended') return crashed(result.ended, facts, 'init-error');
  if (result.kind === 'extension-failed') {
    const { name, errorType } = result;
    const message = `RequestId: ${facts.requestId} Error: extension ${name} reported ${errorType}`;
    const payload = errorDocument(errorType, message);
    return { ending: { kind: 'init-error', errorType }, payload, status: 'error', errorType, lines: () => [message] };
  }
  const { errorType, body } = result.error;
  return { ending: { kind: 'init-error', errorType }, payload: body, status: 'error', errorType, lines: noLines };
}

function crashed(ended: Ended, facts: Facts, kind: 'crash' | 'init-error'): Verdict {
  const { extension, exit } = ended;
  const killed = { code: null, signal: 'SIGKILL' };
  const errorType = extension !== undefined ? 'Extension.Crash' : facts.overMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError';
  const what = exitMessage(facts.overMemory ? killed : exit);
  const sentence = extension === undefined ? what : `${what.replace(/^Runtime/u, `extension ${extension}`)}`;
  const message = `RequestId: ${facts.requestId} Error: ${sentence}`;
  return {
    ending: { kind, errorType },
    payload: errorDocument(errorType, message),
    status: 'error',
    errorType,
    lines: () => [message, errorType],
  };
}
