import type { LambdaFunction } from '../../model/function.ts';
import type { TemplateFile } from '../../project/project.ts';
import { get } from '../../syntax/yaml.ts';
import { badNumbers, badOthers, type BadValue } from '../function-ranges.ts';
import { defineRule, evidence, type Draft, type RuleDefinition } from '../rule.ts';
import { evaluatedOf, functionsIn, isLiteral, listed } from '../template-use.ts';

/** Values that Lambda refuses, although sam and cfn-lint let them pass. */
export const outOfRangeValue: RuleDefinition<'template'> = defineRule({
  id: 'template/out-of-range-value',
  subject: 'template',
  title: 'Value that Lambda refuses',
  severity: 'error',
  since: '0.2.0',
  status: 'stable',
  safety: 'unsafe',
  *check(template, { model }) {
    const evaluated = evaluatedOf(template, model);
    if (!evaluated) return;
    const groups = new Map<string, { readonly bad: BadValue; readonly functions: LambdaFunction[] }>();
    for (const fn of functionsIn(template, model)) {
      for (const bad of [...badNumbers(fn, evaluated), ...badOthers(fn, evaluated)]) {
        // One in Globals concerns every function, and is one mistake.
        const key = `${bad.node.span.start} ${bad.what}`;
        const group = groups.get(key) ?? { bad, functions: [] };
        group.functions.push(fn);
        groups.set(key, group);
      }
    }
    for (const { bad, functions } of groups.values()) yield draftOf(template, bad, functions);
  },
});

function draftOf(template: TemplateFile, bad: BadValue, functions: readonly LambdaFunction[]): Draft {
  const { source } = template;
  const { node, nearest } = bad;
  const span = node.alias ?? node.span;
  const isWritable = nearest !== undefined && isLiteral(template, node) && functions.every((fn) => get(template.document.root, 'Resources', fn.logicalId) === fn.resource);
  const edit = isWritable ? { kind: 'splice' as const, path: source.path, source, start: node.span.start, end: node.span.end, text: nearest } : undefined;
  return {
    message: `${bad.what} of ${listed(functions.map((fn) => fn.logicalId))} ${bad.wrong}`,
    at: { file: source, span },
    evidence: functions.map((fn) => evidence(source, fn.span, fn.logicalId)),
    ...(edit ? { fix: { title: `set ${bad.what} to ${edit.text}`, safety: 'unsafe' as const, edits: [edit] } } : { advice: bad.advice }),
  };
}
