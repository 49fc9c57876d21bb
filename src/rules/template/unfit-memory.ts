import type { LambdaFunction } from '../../model/function.ts';
import { limits, megabytesPerCpu } from '../../model/limits.ts';
import { gigabyteSecond } from '../../model/prices.ts';
import type { TemplateFile } from '../../project/project.ts';
import { defineRule, evidence, type Draft, type RuleDefinition } from '../rule.ts';
import { runsAtEdge } from '../edge-functions.ts';
import { evaluatedOf, functionsIn, listed, spanOfValue } from '../template-use.ts';

/** Memory at one end of what Lambda gives: 128 MB, mostly because nobody chose, or all there is. */
export const unfitMemory: RuleDefinition<'template'> = defineRule({
  id: 'template/unfit-memory',
  subject: 'template',
  title: 'Memory left at the default, or at the extreme',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(template, { model }) {
    const [least, most] = [limits.memoryMinimum.value, limits.memoryMaximum.value];
    const evaluated = evaluatedOf(template, model);
    // For viewer events 128 MB are all that CloudFront takes.
    const chosen = functionsIn(template, model).filter((fn) => fn.property('CapacityProviderConfig') === undefined && !(evaluated && runsAtEdge(fn, evaluated)));
    const at = (value: number, isDefault?: boolean): readonly LambdaFunction[] =>
      chosen.filter(({ memory }) => memory.kind === 'known' && memory.value === value && (isDefault === undefined || (memory.from === 'default') === isDefault));
    const isCode = (fn: LambdaFunction): boolean => fn.package.kind !== 'inline';
    const unset = at(least, true).filter(isCode);
    if (unset.length > 0) yield { ...smallest(template, unset, 'the default'), advice: `set MemorySize (in Globals for all) to what a measurement with several sizes shows: ${why}` };
    const set = at(least, false).filter(isCode);
    if (set.length > 0) yield { ...smallest(template, set, 'the least there is'), advice: `measure with more: ${why}` };
    const all = at(most);
    if (all.length > 0) yield largest(template, all);
  },
});

const why = 'the processor grows with the memory, and shorter runs often cost no more';

function smallest(template: TemplateFile, functions: readonly LambdaFunction[], what: string): Draft {
  const least = limits.memoryMinimum.value;
  const share = Math.round(megabytesPerCpu / least);
  return draftOf(template, functions, `with ${least} MB, ${what}: 1/${share} of a processor goes with it, also while the function starts`);
}

function largest(template: TemplateFile, functions: readonly LambdaFunction[]): Draft {
  const most = limits.memoryMaximum.value;
  const price = (gigabyteSecond.x86_64 * most) / 1024;
  return {
    ...draftOf(template, functions, `with ${most.toLocaleString('en-US')} MB, all there is: each second of a run costs about $${price.toFixed(5)}, 80 times what it does with the default`),
    advice: 'compare `Max Memory Used` in the REPORT lines of the log, and the duration with half of it; lower it only by such measurements',
  };
}

function draftOf(template: TemplateFile, functions: readonly LambdaFunction[], what: string): Draft {
  const [first] = functions;
  const file = template.source;
  return {
    message: `${listed(functions.map((fn) => fn.logicalId))} ${functions.length === 1 ? 'runs' : 'run'} ${what}`,
    at: { file, span: first ? spanOfValue(first.memory, first.span) : { start: 0, end: 0 } },
    evidence: functions.map((fn) => evidence(file, spanOfValue(fn.memory, fn.span), fn.logicalId)),
  };
}
