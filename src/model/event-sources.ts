import type { EvaluatedResource, EvaluatedTemplate } from '../project/template/evaluate.ts';
import { member, membersOf, nameOf, textOf } from '../project/template/nodes.ts';
import type { YamlNode, YamlScalar } from '../syntax/yaml.ts';
import type { LambdaFunction } from './function.ts';

/** One entry of an AWS::Serverless::Function's Events. */
export interface EventSource {
  readonly name: string;
  /** As SAM names it: `Api`, `SQS`, …; undefined when it cannot be told. */
  readonly type: string | undefined;
  readonly key: YamlScalar;
  readonly properties: YamlNode | undefined;
}

/** What a function's Events name. Empty also for AWS::Lambda::Function, which is called in ways that no one place lists. */
export function eventSourcesOf(fn: LambdaFunction): readonly EventSource[] {
  return membersOf(fn.property('Events')).map((entry) => ({
    name: nameOf(entry), type: textOf(member(entry.value, 'Type')), key: entry.key, properties: member(entry.value, 'Properties'),
  }));
}

/** The resource of the same template that `!Ref X`, `!GetAtt X.Arn` or a text with nothing but `${X}` or `${X.Arn}` names. */
export function referencedId(node: YamlNode | undefined): string | undefined {
  const reference = textOf(member(node, 'Ref'));
  if (reference !== undefined) return reference;
  const attribute = member(node, 'Fn::GetAtt');
  if (attribute?.kind === 'list') return textOf(attribute.items[0]);
  if (attribute) return textOf(attribute)?.split('.')[0];
  return /^\$\{(\w+)(?:\.\w+)?\}$/u.exec(textOf(member(node, 'Fn::Sub')) ?? '')?.[1];
}

/** A queue of the template with a function of the same template that it feeds. */
export interface QueueUse {
  readonly queue: EvaluatedResource;
  readonly fn: LambdaFunction;
  /** Seconds for which Lambda may gather messages before it calls the function; undefined when it cannot be told. */
  readonly window: number | undefined;
}

/** The SQS queues that feed functions, by SQS events and by AWS::Lambda::EventSourceMapping. */
export function queueUsesOf(template: EvaluatedTemplate, functions: readonly LambdaFunction[]): readonly QueueUse[] {
  const queues = template.resources.filter((resource) => resource.type === 'AWS::SQS::Queue');
  const queueOf = (node: YamlNode | undefined): EvaluatedResource | undefined => {
    const id = referencedId(node);
    return queues.find((queue) => queue.logicalId === id);
  };
  const use = (queue: EvaluatedResource | undefined, fn: LambdaFunction | undefined, properties: YamlNode | undefined): readonly QueueUse[] =>
    queue && fn ? [{ queue, fn, window: secondsOf(member(properties, 'MaximumBatchingWindowInSeconds'), 0) }] : [];
  return [
    ...functions.flatMap((fn) => eventSourcesOf(fn).filter(({ type }) => type === 'SQS').flatMap(({ properties }) => use(queueOf(member(properties, 'Queue')), fn, properties))),
    ...template.resources.filter((resource) => resource.type === 'AWS::Lambda::EventSourceMapping').flatMap(({ properties }) => {
      const id = referencedId(member(properties, 'FunctionName'));
      return use(queueOf(member(properties, 'EventSourceArn')), functions.find((fn) => fn.logicalId === id), properties);
    }),
  ];
}

/** A number written or come to; `fallback` where there is none, undefined where it cannot be told. */
export function secondsOf(node: YamlNode | undefined, fallback: number): number | undefined {
  if (!node) return fallback;
  const text = textOf(node);
  return text !== undefined && /^\d+$/u.test(text.trim()) ? Number(text) : undefined;
}
