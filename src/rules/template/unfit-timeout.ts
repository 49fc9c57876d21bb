import { queueUsesOf, secondsOf, type QueueUse } from '../../model/event-sources.ts';
import type { LambdaFunction } from '../../model/function.ts';
import { limits } from '../../model/limits.ts';
import { gigabyteSecond } from '../../model/prices.ts';
import type { TemplateFile } from '../../project/project.ts';
import type { EvaluatedTemplate } from '../../project/template/evaluate.ts';
import { get } from '../../syntax/yaml.ts';
import { defineRule, evidence, type Draft, type RuleDefinition } from '../rule.ts';
import { longestWait, type SourceLimit } from '../source-limits.ts';
import { setProperty } from '../template-edit.ts';
import { evaluatedOf, functionsIn, listed, spanOfValue } from '../template-use.ts';

/** A timeout that nobody chose, that is all there is, or that does not fit what calls the function. */
export const unfitTimeout: RuleDefinition<'template'> = defineRule({
  id: 'template/unfit-timeout',
  subject: 'template',
  title: 'Timeout left at the default, at the extreme, or unfit for the event source',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'unsafe',
  *check(template, { model }) {
    const functions = functionsIn(template, model);
    const evaluated = evaluatedOf(template, model);
    const timed = functions.filter(({ timeout }) => timeout.kind === 'known');
    yield* defaults(template, timed);
    const over = evaluated ? overSource(timed, evaluated) : [];
    yield* over.map((group) => waitDraft(template, group));
    yield* longest(template, timed.filter((fn) => !over.some((group) => group.some((one) => one.fn === fn))));
    if (evaluated) yield* queueDrafts(template, queueUsesOf(evaluated, timed));
  },
});

/** Lambda's own. Source: Lambda API reference, CreateFunction, Timeout. */
const defaultTimeout = 3;
/** How many times the function's timeout a queue shall hide a message. Source: Lambda developer guide, "Creating and configuring an Amazon SQS event source mapping". */
const visibilityFactor = 6;
/** Seconds of VisibilityTimeout: the default, and the most. Source: SQS API reference, CreateQueue. */
const visibility = { fallback: 30, most: 43_200 };

function* defaults(template: TemplateFile, functions: readonly LambdaFunction[]): Iterable<Draft> {
  for (const isLeft of [true, false]) {
    const stopped = functions.filter(({ timeout }) => timeout.kind === 'known' && timeout.value === defaultTimeout && (timeout.from === 'default') === isLeft);
    if (stopped.length === 0) continue;
    yield {
      ...draftOf(template, stopped, `${stopped.length === 1 ? 'is' : 'are'} stopped after ${defaultTimeout} s, ${isLeft ? 'the default' : 'which is also the default'}`),
      advice: 'set Timeout to a little more than the longest event takes, which the REPORT lines of the log show as Duration',
    };
  }
}

function* longest(template: TemplateFile, functions: readonly LambdaFunction[]): Iterable<Draft> {
  const most = limits.timeoutMaximum.value;
  const all = functions.filter(({ timeout, property }) => timeout.kind === 'known' && timeout.value === most && property('DurableConfig') === undefined);
  if (all.length === 0) return;
  const memory = Math.max(...all.map((fn) => (fn.memory.kind === 'known' ? fn.memory.value : 0)));
  const dollars = ((gigabyteSecond.x86_64 * memory) / 1024) * most;
  yield {
    ...draftOf(template, all, `may run ${most} s, all there is: a call that hangs is billed for a quarter of an hour${memory > 0 ? `, up to $${dollars.toFixed(4)} each time` : ''}`),
    advice: 'where no event takes that long, set Timeout to a little more than the longest does',
  };
}

interface Overlong {
  readonly fn: LambdaFunction;
  readonly seconds: number;
  readonly wait: SourceLimit;
}

/** Functions that may run on after their last caller has gone, by caller. */
function overSource(functions: readonly LambdaFunction[], template: EvaluatedTemplate): readonly (readonly Overlong[])[] {
  const groups = new Map<string, Overlong[]>();
  for (const fn of functions) {
    const wait = longestWait(fn, template);
    if (!wait || fn.timeout.kind !== 'known' || fn.timeout.value <= wait.seconds) continue;
    const key = `${wait.caller} ${wait.seconds}`;
    groups.set(key, [...(groups.get(key) ?? []), { fn, seconds: fn.timeout.value, wait }]);
  }
  return [...groups.values()];
}

function waitDraft(template: TemplateFile, group: readonly Overlong[]): Draft {
  const functions = group.map(({ fn }) => fn);
  const { caller = '', seconds = 0, source } = group[0]?.wait ?? {};
  const times = [...new Set(group.map((one) => one.seconds))].toSorted((a, b) => a - b);
  const draft = draftOf(template, functions, `may run ${times.join(' or ')} s, but ${caller} waits ${seconds} s: after that the caller gets an error, and the run goes on and is billed`);
  const more = source?.type === 'Api' ? '; a Regional REST API may wait longer once its quota is raised and TimeoutInMillis is set' : '';
  return {
    ...draft,
    evidence: group.map(({ fn, wait }) => evidence(template.source, wait.source.key.span, `${fn.logicalId} is called by ${wait.caller}`)),
    advice: `set Timeout to ${seconds} s or less, or hand longer work to a queue${more}`,
  };
}

function draftOf(template: TemplateFile, functions: readonly LambdaFunction[], what: string): Draft {
  const [first] = functions;
  const file = template.source;
  return {
    message: `${listed(functions.map((fn) => fn.logicalId))} ${what}`,
    at: { file, span: first ? spanOfValue(first.timeout, first.span) : { start: 0, end: 0 } },
    evidence: functions.map((fn) => evidence(file, spanOfValue(fn.timeout, fn.span), fn.logicalId)),
  };
}

function* queueDrafts(template: TemplateFile, uses: readonly QueueUse[]): Iterable<Draft> {
  for (const queue of new Set(uses.map((use) => use.queue))) {
    const own = uses.filter((use) => use.queue === queue);
    const needs = own.map(({ fn, window }) => (fn.timeout.kind === 'known' && window !== undefined ? visibilityFactor * fn.timeout.value + window : 0));
    const [slowest] = own.toSorted((a, b) => secondsOfTimeout(b.fn) - secondsOfTimeout(a.fn));
    const node = get(queue.properties, 'VisibilityTimeout');
    const hidden = get(queue.properties, 'Fn::Transform') ? undefined : secondsOf(node, visibility.fallback);
    const need = Math.min(Math.max(...needs), visibility.most);
    if (!slowest || hidden === undefined || hidden >= need) continue;
    const timeout = secondsOfTimeout(slowest.fn);
    const isRefused = hidden < timeout;
    const hides = `${queue.logicalId} hides a message for ${hidden} s${node ? '' : ', the default'}`;
    const edit = setProperty(template, queue, 'VisibilityTimeout', String(need));
    yield {
      message: isRefused
        ? `${hides}, but ${slowest.fn.logicalId} may run ${timeout} s on it: Lambda refuses the event source`
        : `${hides}, less than ${visibilityFactor} times the ${timeout} s that ${slowest.fn.logicalId} may run: when calls are throttled, messages may come twice`,
      at: { file: template.source, span: node ? (node.alias ?? node.span) : queue.key.span },
      severity: isRefused ? 'error' : 'advice',
      evidence: own.map(({ fn }) => evidence(template.source, spanOfValue(fn.timeout, fn.span), `${fn.logicalId} reads ${queue.logicalId}`)),
      ...(edit ? { fix: { title: `let ${queue.logicalId} hide messages for ${need} s`, safety: 'unsafe' as const, edits: [edit] } } : { advice: `set VisibilityTimeout to ${need} s or more` }),
    };
  }
}

function secondsOfTimeout(fn: LambdaFunction): number {
  return fn.timeout.kind === 'known' ? fn.timeout.value : 0;
}
