import type { Fault } from '../../base/fault.ts';
import { printFault, shownFault } from '../../report/fault-text.ts';
import type { PoolEvent } from '../../runtime/pool-state.ts';
import type { DevEvent } from '../../session/dev/events.ts';

/** Milliseconds as people read them. */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** What woke a build: two paths, and how many more. */
export function changedText(changed: readonly string[]): string {
  const [first = '', second, ...more] = changed;
  if (second === undefined) return `${first} changed`;
  return more.length === 0 ? `${first} and ${second} changed` : `${first}, ${second} and ${more.length} more changed`;
}

/** What a build did to what runs. */
export function builtText(ms: number, replaced: readonly string[], isFirst: boolean): string {
  const [one, two, ...more] = replaced;
  const names = one === undefined ? (isFirst ? 'no function is ready to run' : 'nothing that runs has changed') : `${one}${two === undefined ? '' : `, ${two}`}${more.length === 0 ? '' : ` and ${more.length} more`} ${isFirst ? 'ready to run' : 'replaced'}`;
  return `built in ${duration(ms)}: ${names}`;
}

/** How to call what is served. */
export function servingText({ url, apis, functions }: Extract<DevEvent, { readonly kind: 'serving' }>): readonly string[] {
  const [name] = functions;
  return [
    `serving ${url}`,
    ...(name === undefined ? [] : [`  aws lambda invoke --endpoint-url ${url} --function-name ${name} /dev/stdout`, `  curl -d '{}' ${url}/2015-03-31/functions/${name}/invocations`]),
    ...apis.map((api) => `  ${api.name} ${api.url}`),
  ];
}

/** Why the last good build goes on running. */
export function failedText(fault: Fault): string {
  return printFault(shownFault(fault));
}

/** How an invocation ended. */
export function finishedText({ outcome }: Extract<PoolEvent, { readonly kind: 'finished' }>): string {
  if (outcome.kind === 'throttled') return `throttled: no more than ${outcome.limit} at once (ReservedConcurrentExecutions)`;
  const memory = outcome.maxMemoryMb === undefined ? '' : `, ${outcome.maxMemoryMb} MB`;
  const init = outcome.initMs === undefined ? '' : `, started in ${duration(outcome.initMs)}${outcome.initAheadMs === undefined ? '' : `, ${duration(outcome.initAheadMs)} of it ahead`}`;
  const what = outcome.kind === 'response' ? 'answered' : `${outcome.errorType}`;
  return `${what} in ${duration(outcome.durationMs)}${memory}${init}`;
}

/** Lines of a log, without Lambda's own, which say what the display says in other words. */
export function logLines(chunk: Uint8Array): readonly string[] {
  // Lambda's runtimes break the lines of one message with CR, which on a terminal would write over what is there.
  return Buffer.from(chunk).toString('utf8').replace(/\r(?!\n)/gu, '\n').split(/\r?\n/u).filter((line) => line !== '' && !/^(?:START|END|REPORT) RequestId: /u.test(line));
}
