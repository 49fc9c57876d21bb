import type { EvaluatedResource, EvaluatedTemplate } from '../project/template/evaluate.ts';
import { get, stringOf, type YamlNode } from '../syntax/yaml.ts';
import { domainName, physicalNames, ruleName, scheduleName, type PhysicalName } from './physical-names.ts';
import { isLiteral } from './template-use.ts';

/** A resource with a name that is written out in full. */
export interface FixedName {
  readonly resource: EvaluatedResource;
  readonly kind: PhysicalName;
  readonly node: YamlNode;
  readonly name: string;
}

/** The resources of a template that have such a name. */
export function fixedNames({ template, resources }: EvaluatedTemplate): readonly FixedName[] {
  return resources.flatMap((resource) => {
    const kind = physicalNames.get(resource.type);
    const own = kind && !isOnItsOwnBus(resource) ? [{ resource, kind, node: get(resource.ownProperties, kind.property) }] : [];
    return [...own, ...eventNames(resource), ...domainNames(resource)].flatMap(({ node, ...rest }) => {
      // In a loop the written text holds the loop's name; what an expression comes to is scoped by somebody.
      if (node?.kind !== 'scalar' || node.value === null || !isLiteral(template, node) || /[$&]\{/u.test(node.text)) return [];
      return [{ ...rest, node, name: String(node.value) }];
    });
  });
}

/** Rules of another bus than the default one have names of their own. */
function isOnItsOwnBus({ type, ownProperties }: EvaluatedResource): boolean {
  const bus = get(ownProperties, 'EventBusName');
  return type === 'AWS::Events::Rule' && bus !== undefined && stringOf(bus) !== 'default';
}

type Candidate = Pick<FixedName, 'resource' | 'kind'> & { readonly node: YamlNode | undefined };

/** Rules on the default bus and schedules in the default group that SAM makes for events. Source: AWS SAM specification, "Schedule", "ScheduleV2", "EventBridgeRule". */
function eventNames(resource: EvaluatedResource): readonly Candidate[] {
  if (resource.type !== 'AWS::Serverless::Function' && resource.type !== 'AWS::Serverless::StateMachine') return [];
  const events = get(resource.ownProperties, 'Events');
  return (events?.kind === 'map' ? events.entries : []).flatMap(({ value }): readonly Candidate[] => {
    const type = stringOf(get(value, 'Type'));
    const properties = get(value, 'Properties');
    if (type === 'ScheduleV2') return get(properties, 'GroupName') ? [] : [{ resource: { ...resource, type: 'AWS::Scheduler::Schedule' }, kind: scheduleName, node: get(properties, 'Name') }];
    const bus = get(properties, 'EventBusName');
    if ((bus && stringOf(bus) !== 'default') || (type !== 'Schedule' && type !== 'EventBridgeRule' && type !== 'CloudWatchEvent')) return [];
    return [{ resource: { ...resource, type: 'AWS::Events::Rule' }, kind: ruleName, node: get(properties, type === 'Schedule' ? 'Name' : 'RuleName') }];
  });
}

/** The domain that SAM makes for an API. */
function domainNames(resource: EvaluatedResource): readonly Candidate[] {
  if (resource.type !== 'AWS::Serverless::Api' && resource.type !== 'AWS::Serverless::HttpApi') return [];
  return [{ resource: { ...resource, type: 'AWS::ApiGateway::DomainName' }, kind: domainName, node: get(resource.ownProperties, 'Domain', 'DomainName') }];
}

/**
 * Resources whose name two stacks of a template would both want, although their stage parameters differ: written out, or put together from
 * nothing that differs between them (other parameters keep their values; account and Region are the same).
 * @param staged parameters that take another value in each stage.
 */
export function collidingNames(own: EvaluatedTemplate, staged: ReadonlySet<string>): readonly string[] {
  const parameters = get(own.template.document.root, 'Parameters');
  // What has no default may be given another value by whoever makes the second stack.
  const isSame = (name: string): boolean => /^AWS::(?:Region|AccountId|Partition)$/u.test(name) || (!staged.has(name) && get(parameters, name, 'Default') !== undefined);
  const built = own.resources.flatMap((resource) => {
    const kind = physicalNames.get(resource.type);
    const written = kind && get(resource.node, 'Properties', kind.property);
    return written?.kind === 'map' && isBuiltFrom(written, isSame) ? [`${resource.logicalId} (${kind?.property ?? ''})`] : [];
  });
  return [...fixedNames(own).map(({ resource, name }) => `${resource.logicalId} (${name})`), ...built];
}

/** True when an expression holds nothing but text and references that pass. */
function isBuiltFrom(node: YamlNode, passes: (name: string) => boolean): boolean {
  if (node.kind === 'scalar') return true;
  if (node.kind === 'list') return node.items.every((item) => isBuiltFrom(item, passes));
  return node.entries.every(({ key, value }) => {
    if (key.value === 'Ref') return passes(stringOf(value) ?? '');
    if (key.value === 'Fn::Join') return isBuiltFrom(value, passes);
    const text = key.value === 'Fn::Sub' ? stringOf(value) : undefined;
    return text !== undefined && Array.from(text.matchAll(/\$\{([^!}][^}]*)\}/gu), (match) => match[1]?.trim() ?? '').every(passes);
  });
}
