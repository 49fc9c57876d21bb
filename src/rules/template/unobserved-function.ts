import type { TemplateFile } from '../../project/project.ts';
import type { EvaluatedResource, EvaluatedTemplate } from '../../project/template/evaluate.ts';
import { get } from '../../syntax/yaml.ts';
import { runsAtEdge } from '../edge-functions.ts';
import { keptDays, observationFix } from '../observation-fix.ts';
import { observationsOf, type Observation } from '../observation.ts';
import { defineRule, evidence, type Draft, type RuleDefinition } from '../rule.ts';
import { setProperty } from '../template-edit.ts';
import { evaluatedOf, functionsIn, listed, resourceTypes } from '../template-use.ts';

/** Functions whose logs pile up for ever, and of which nobody learns what they do. */
export const unobservedFunction: RuleDefinition<'template'> = defineRule({
  id: 'template/unobserved-function',
  subject: 'template',
  title: 'Functions with endless logs, or without traces and alarms',
  severity: 'advice',
  since: '0.2.0',
  status: 'stable',
  safety: 'unsafe',
  *check(template, { model }) {
    const evaluated = evaluatedOf(template, model);
    if (!evaluated) return;
    const all = observationsOf(functionsIn(template, model).filter((fn) => !runsAtEdge(fn, evaluated)), evaluated);
    const lacking = all.filter((one) => one.isKeptForever || one.isUntraced);
    if (lacking.length > 0) yield draftOf(template, evaluated, all, lacking);
    const endless = evaluated.resources.filter(({ type, properties }) => type === 'AWS::Logs::LogGroup' && ['RetentionInDays', 'LogGroupClass', 'Fn::Transform'].every((name) => get(properties, name) === undefined));
    if (endless.length > 0) yield endlessDraft(template, endless);
  },
});

function draftOf(template: TemplateFile, evaluated: EvaluatedTemplate, all: readonly Observation[], lacking: readonly Observation[]): Draft {
  const file = template.source;
  const hasAlarm = resourceTypes(template).some((type) => /^AWS::CloudWatch::(?:Composite)?Alarm$/u.test(type));
  const aspects: readonly Aspect[] = [
    { which: lacking.filter((one) => one.isKeptForever), one: 'keeps its logs for ever', more: 'keep their logs for ever' },
    { which: lacking.filter((one) => one.isText), one: 'leaves the log format at text', more: 'leave the log format at text' },
    { which: lacking.filter((one) => one.isUntraced), one: 'is not traced', more: 'are not traced' },
  ];
  const fix = observationFix(template, evaluated, lacking.filter(isOpenToFix), isForAll(template, all, lacking));
  return {
    message: `${sentence(all, aspects.filter(({ which }) => which.length > 0))}${hasAlarm ? '' : '; the template has no alarm'}`,
    at: { file, span: lacking[0]?.fn.span ?? { start: 0, end: 0 } },
    evidence: lacking.map(({ fn }) => evidence(file, fn.span, fn.logicalId)),
    fix,
    advice: 'give the functions a LoggingConfig with a log group that has RetentionInDays, set Tracing, and have alarms on Errors, Throttles and Duration in production; a role of their own must allow it',
  };
}

/** Log groups that the template makes, and that keep everything. */
function endlessDraft(template: TemplateFile, groups: readonly EvaluatedResource[]): Draft {
  const file = template.source;
  const edits = groups.map((group) => setProperty(template, group, 'RetentionInDays', String(keptDays)));
  const made = edits.filter((edit) => edit !== undefined);
  return {
    message: `${listed(groups.map((group) => group.logicalId))} ${groups.length === 1 ? 'has' : 'have'} no RetentionInDays and ${groups.length === 1 ? 'keeps' : 'keep'} logs for ever`,
    at: { file, span: groups[0]?.key.span ?? { start: 0, end: 0 } },
    evidence: groups.map((group) => evidence(file, group.key.span, group.logicalId)),
    ...(made.length === edits.length ? { fix: { title: `keep them ${keptDays} days`, safety: 'unsafe' as const, edits: made } } : { advice: `set RetentionInDays, to ${keptDays} for instance` }),
  };
}

interface Aspect {
  readonly which: readonly Observation[];
  readonly one: string;
  readonly more: string;
}

/** By name where all aspects concern the same functions, else by number. */
function sentence(all: readonly Observation[], aspects: readonly Aspect[]): string {
  const [first] = aspects;
  const isSame = first !== undefined && aspects.every(({ which }) => which.length === first.which.length);
  const said = aspects.map(({ which, one, more }) => (which.length === 1 ? one : more));
  if (isSame) return `${listed(first.which.map(({ fn }) => fn.logicalId))} ${listed(said)}`;
  return `of ${all.length} functions, ${listed(aspects.map(({ which }, index) => `${which.length} ${said[index] ?? ''}`))}`;
}

/** A role that SAM makes may write to every log group and, once Tracing is set, to X-Ray. */
function isOpenToFix({ fn }: Observation): boolean {
  return fn.type === 'AWS::Serverless::Function' && fn.property('Role') === undefined && fn.property('PermissionsBoundary') === undefined;
}

/** Globals reach every function: each must lack the same, and none have a role, a log group or settings of its own. */
function isForAll(template: TemplateFile, all: readonly Observation[], lacking: readonly Observation[]): boolean {
  const own = all.filter(({ fn }) => fn.type === 'AWS::Serverless::Function');
  const isUniform = own.every((one) => one.isKeptForever === own[0]?.isKeptForever && one.isText === own[0].isText && one.isUntraced === own[0].isUntraced);
  const isPlain = own.every(({ fn }) => ['LoggingConfig', 'Tracing'].every((name) => get(fn.properties, name) === undefined) && get(fn.resource, 'IgnoreGlobals') === undefined);
  return isUniform && isPlain && own.length > 0 && own.every((one) => lacking.includes(one) && isOpenToFix(one)) && get(template.document.root, 'Globals', 'Function', 'Fn::Transform') === undefined;
}
