import type { Model } from '../../model/function.ts';
import type { TemplateFile } from '../../project/project.ts';
import type { EvaluatedResource, EvaluatedTemplate } from '../../project/template/evaluate.ts';
import { get } from '../../syntax/yaml.ts';
import { fixedNames, type FixedName } from '../fixed-names.ts';
import { domainName } from '../physical-names.ts';
import { defineRule, evidence, type Draft, type RuleDefinition } from '../rule.ts';
import { evaluatedOf, listed } from '../template-use.ts';

/** Names that only one stack can have. */
export const unscopedName: RuleDefinition<'template'> = defineRule({
  id: 'template/unscoped-name',
  subject: 'template',
  title: 'Name that only one stack can have',
  severity: 'advice',
  since: '0.2.0',
  status: 'stable',
  safety: 'manual',
  *check(template, { model }) {
    const evaluated = evaluatedOf(template, model);
    if (!evaluated) return;
    const fixed = fixedNames(evaluated);
    const clashes = clashesOf(fixed, evaluated, model);
    for (const clash of clashes) yield clashDraft(template, clash);
    if (fixed.length > 0) yield fixedDraft(template, fixed);
    yield* lookalikes(evaluated);
  },
});

/** Two resources that want the same name, both made for certain. */
function clashesOf(fixed: readonly FixedName[], own: EvaluatedTemplate, model: Model): readonly (readonly [FixedName, FixedName, EvaluatedTemplate])[] {
  const isSame = (a: FixedName, b: FixedName): boolean => a.name === b.name && kindName(a.resource.type) === kindName(b.resource.type);
  // APIs of one domain share it.
  const isSure = ({ resource, kind }: FixedName): boolean => kind !== domainName && get(resource.node, 'Condition') === undefined;
  const others = isSureStack(own, model) ? model.templates.slice(0, model.templates.indexOf(own)).filter((other) => isSureStack(other, model)) : [];
  return fixed.flatMap((later, index) => {
    const earlier = fixed.slice(0, index).find((one) => isSame(one, later));
    const candidates = [...(earlier ? [[earlier, own] as const] : []), ...others.flatMap((other) => fixedNames(other).filter((one) => isSame(one, later)).map((one) => [one, other] as const))];
    const [found] = candidates;
    return found && isSure(later) && isSure(found[0]) ? [[later, found[0], found[1]] as const] : [];
  });
}

/** Whether every stack on the way to a template is made on no condition. */
function isSureStack({ template }: EvaluatedTemplate, model: Model): boolean {
  return template.stackPath.every((id, depth) => {
    const parent = model.templates.find((one) => one.template.stackPath.join('/') === template.stackPath.slice(0, depth).join('/'));
    const resource = parent?.resources.find((one) => one.logicalId === id);
    return resource !== undefined && get(resource.node, 'Condition') === undefined;
  });
}

function clashDraft(template: TemplateFile, [later, earlier, other]: readonly [FixedName, FixedName, EvaluatedTemplate]): Draft {
  const where = other.template === template ? '' : ` of ${other.template.source.path}`;
  const isTwice = other.template !== template && other.template.path === template.path;
  return {
    message: isTwice
      ? `${later.resource.logicalId} is called ${later.name}, and the template is nested twice: the second cannot be made`
      : `${later.resource.logicalId} and ${earlier.resource.logicalId}${where} are both called ${later.name}: the second cannot be made`,
    at: { file: template.source, span: later.node.span },
    severity: 'error',
    evidence: [evidence(other.template.source, earlier.node.span, earlier.resource.logicalId)],
    advice: 'give one another name, or none: CloudFormation then makes one up from the stack and the logical ID',
  };
}

function fixedDraft(template: TemplateFile, fixed: readonly FixedName[]): Draft {
  const [first] = fixed;
  const names = fixed.map(({ resource, name }) => `${resource.logicalId} (${name})`);
  const stateful = fixed.filter(({ kind }) => kind.isStateful).map(({ resource }) => resource.logicalId);
  const scopes = new Set(fixed.map(({ kind }) => kind.scope));
  const scope = (['all of AWS', 'the account and Region', 'the account'] as const).find((one) => scopes.has(one)) ?? 'the account';
  const place = fixed.length === 1 ? `must be alone of its name in ${scope}` : `must each be alone of their name`;
  const loss = stateful.length === 0 ? 'a changed name makes a new resource and deletes the old one' : `a changed name makes a new resource and deletes the old one, with all that ${listed(stateful)} ${stateful.length === 1 ? 'holds' : 'hold'}`;
  return {
    message: `${listed(names)} ${place}: a second stack of this template, for another stage say, cannot be made beside it`,
    at: { file: template.source, span: first?.node.span ?? { start: 0, end: 0 } },
    evidence: fixed.map(({ resource, node, name, kind }) => evidence(template.source, node.span, `${resource.logicalId}: ${name} is unique in ${kind.scope}`)),
    advice: `before the first deployment take the name out or build it from \${AWS::StackName}; afterwards mind that ${loss}`,
  };
}

/** Logical IDs that only capitals tell apart: references to the wrong one are valid. */
function* lookalikes({ template, resources }: EvaluatedTemplate): Iterable<Draft> {
  const seen = new Map<string, EvaluatedResource>();
  for (const resource of resources) {
    const name = resource.logicalId.toLowerCase();
    const earlier = seen.get(name);
    seen.set(name, resource);
    if (!earlier || earlier.logicalId === resource.logicalId) continue;
    yield {
      message: `${resource.logicalId} and ${earlier.logicalId} are told apart by capitals alone: a reference to the wrong one looks right and is valid`,
      at: { file: template.source, span: resource.key.span },
      evidence: [evidence(template.source, earlier.key.span, earlier.logicalId)],
      advice: 'rename one before the first deployment; afterwards a new logical ID replaces the resource',
    };
  }
}

/** SAM's own types make the resources of the others. */
function kindName(type: string): string {
  return type.replace('AWS::Serverless::Function', 'AWS::Lambda::Function').replace('AWS::Serverless::SimpleTable', 'AWS::DynamoDB::Table').replace('AWS::Serverless::StateMachine', 'AWS::StepFunctions::StateMachine').replace('DynamoDB::GlobalTable', 'DynamoDB::Table');
}
