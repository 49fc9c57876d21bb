import type { PoolEvent, PoolState } from '../../runtime/pool-state.ts';
import type { DevEvent } from '../../session/dev/events.ts';
import type { DevDisplay } from './display.ts';
import { builtText, changedText, failedText, finishedText, logLines, servingText } from './phrases.ts';

/** One line for each thing that happens; for logs, pipes and the like. */
export function createPlainDisplay(print: (line: string) => void, isQuiet: boolean): DevDisplay {
  let isServing = false;
  let ms = 0;
  let lastFailure = '';
  const unrunnable = new Map<string, string>();
  const problems = new Map<string, string | undefined>();
  const serving = (event: Extract<DevEvent, { readonly kind: 'serving' }>): void => {
    if (!isQuiet) print(builtText(ms, event.replaced, !isServing));
    for (const [name, fault] of event.unrunnable) if (unrunnable.get(name) !== fault.what) print(`${name} cannot be run: ${failedText(fault)}${event.stale.has(name) ? `\nwhat an earlier build made of ${name} goes on running` : ''}`);
    for (const name of unrunnable.keys()) if (!event.unrunnable.has(name) && event.functions.includes(name)) print(`${name} can be run again`);
    unrunnable.clear();
    for (const [name, fault] of event.unrunnable) unrunnable.set(name, fault.what);
    if (!isServing) for (const line of servingText(event)) print(line);
    isServing = true;
  };
  const pool = (name: string, event: PoolEvent, state: PoolState | undefined): void => {
    if (event.kind === 'log' && !isQuiet) for (const line of logLines(event.chunk)) print(`${name} | ${line}`);
    if (event.kind === 'finished' && !isQuiet) print(`${name} ${finishedText(event)}`);
    const problem = state?.failure ?? state?.initProblem;
    if (problem !== undefined && problems.get(name) !== problem) print(`${name} cannot start: ${problem}`);
    problems.set(name, problem);
  };
  return {
    show: (event) => {
      if (event.kind === 'building' && event.changed.length > 0 && !isQuiet) print(changedText(event.changed));
      if (event.kind === 'built') {
        ms = event.ms;
        lastFailure = '';
      }
      if (event.kind === 'failed') {
        const text = failedText(event.fault);
        print(text === lastFailure ? 'the same is wrong still' : `${text}${isServing ? '\nthe last good build goes on running' : '\nwaiting for a change'}`);
        lastFailure = text;
      }
      if (event.kind === 'polling') print(`files are looked at twice a second: ${event.why}`);
      if (event.kind === 'serving') serving(event);
      if (event.kind === 'notice') print(`${event.name === undefined ? '' : `${event.name}: `}${event.text}`);
      if (event.kind === 'pool') pool(event.name, event.event, event.state);
    },
    close: () => undefined,
  };
}
