import type { Fix } from '../../edits/edit.ts';
import { functionEvents, smokeCases, type FunctionEvents } from '../../workflow/function-events.ts';
import { isTested, testsOf } from '../../workflow/handlers.ts';
import { sourceText } from '../../workflow/made-event.ts';
import { smokeEdit, smokeTestOf } from '../../workflow/smoke-test.ts';
import { listed } from '../template-use.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** Functions that no test calls, or that have no event to be called with. */
export const untestedFunction: RuleDefinition<'project'> = defineRule({
  id: 'workflow/untested-function',
  subject: 'project',
  title: 'Function without a test or an event to run it with',
  severity: 'advice',
  since: '0.2.0',
  status: 'stable',
  safety: 'safe',
  *check(project, context) {
    if (!project.areDeveloperFilesComplete || !project.areFilesComplete) return;
    const tests = testsOf(project);
    const all = functionEvents(project, context.model);
    const untested = all.filter(({ subject }) => !isTested(subject, tests, all.map((one) => one.subject)));
    if (untested.length > 0) yield untestedDraft(untested, all, context);
    const idle = all.filter((one) => !untested.includes(one) && one.own.length === 0 && one.missing.length > 0);
    if (idle.length > 0) yield idleDraft(idle);
  },
});

function untestedDraft(untested: readonly FunctionEvents[], all: readonly FunctionEvents[], { project, model }: RuleContext): Draft {
  const names = untested.map(({ subject }) => subject.fullPath);
  const place = smokeTestOf(project, all.map(({ subject }) => subject));
  const smoke = smokeEdit(place, untested.flatMap(smokeCases), project);
  const events = untested.flatMap(({ missing }) => missing.map(({ edit }) => edit));
  const isOne = names.length === 1;
  const fix: Fix | undefined = smoke && { title: `${events.length > 0 ? `write ${count(events.length, 'event')} and ` : ''}test ${isOne ? 'it' : 'each'} with ${place.command}`, safety: 'safe', edits: [...events, smoke] };
  return {
    message: `no test calls ${listed(names)}: that ${isOne ? 'it starts' : 'they start'} at all is first seen when deployed`,
    at: placeOf(untested, model.functions[0]?.template.source),
    fix,
    ...(fix ? {} : { advice: `add ${isOne ? 'it' : 'them'} to ${place.path}` }),
  };
}

function idleDraft(idle: readonly FunctionEvents[]): Draft {
  const events = idle.flatMap(({ missing }) => missing);
  const named = idle.map(({ subject, missing }) => `${subject.fullPath} (${missing.map(({ source }) => sourceText(source)).slice(0, 3).join(', ')}${missing.length > 3 ? ', …' : ''})`);
  return {
    message: `there is no event to run ${listed(named)} with`,
    at: placeOf(idle, undefined),
    fix: { title: `write ${count(events.length, 'event')}, as AWS sends ${events.length === 1 ? 'it' : 'them'}`, safety: 'safe', edits: events.map(({ edit }) => edit) },
  };
}

function placeOf(functions: readonly FunctionEvents[], otherwise: Draft['at']['file'] | undefined): Draft['at'] {
  const subject = functions[0]?.subject;
  const file = subject?.template.source ?? otherwise;
  if (!subject || !file) throw new Error('unreachable: a finding about no function');
  return { file, span: subject.span };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
