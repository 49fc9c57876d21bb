import { eventSourcesOf, referencedId, secondsOf, type EventSource } from '../model/event-sources.ts';
import type { LambdaFunction } from '../model/function.ts';
import type { EvaluatedTemplate } from '../project/template/evaluate.ts';
import { get, stringOf, type YamlNode } from '../syntax/yaml.ts';

/** How long the caller of a function waits. */
export interface SourceLimit {
  /** The caller, to begin a sentence with. */
  readonly caller: string;
  /** Seconds. */
  readonly seconds: number;
  /** Of the event that has it. */
  readonly source: EventSource;
}

/**
 * The longest wait among a function's callers; undefined when one of its events waits for nothing, waits for the
 * function as long as it takes, or cannot be told, and when the template names no events.
 * Sources: API Gateway developer guide, "Quotas" (29 s for REST, more for Regional APIs on request; 30 s for HTTP);
 * Cognito developer guide, "Customizing user pool workflows with Lambda triggers" (5 s).
 */
export function longestWait(fn: LambdaFunction, template: EvaluatedTemplate): SourceLimit | undefined {
  const waits = eventSourcesOf(fn).map((source) => limitOf(source, template));
  if (waits.some((wait) => wait === undefined) || ['FunctionUrlConfig', 'DurableConfig'].some((name) => fn.property(name) !== undefined)) return undefined;
  return waits.flatMap((wait) => wait ?? []).toSorted((a, b) => b.seconds - a.seconds)[0];
}

function limitOf(source: EventSource, template: EvaluatedTemplate): SourceLimit | undefined {
  const { properties, type } = source;
  if (type === 'Api' || type === 'HttpApi') {
    if (get(properties, 'ResponseTransferMode') !== undefined || isDefinedElsewhere(get(properties, type === 'Api' ? 'RestApiId' : 'ApiId'), template)) return undefined;
    const most = type === 'Api' ? 29 : 30;
    const milliseconds = secondsOf(get(properties, 'TimeoutInMillis'), most * 1000);
    const caller = type === 'Api' ? 'API Gateway (REST)' : 'API Gateway (HTTP)';
    return milliseconds === undefined ? undefined : { caller, seconds: milliseconds / 1000, source };
  }
  if (type === 'Cognito') {
    const trigger = get(properties, 'Trigger');
    const names = trigger?.kind === 'list' ? trigger.items.map(stringOf) : [stringOf(trigger)];
    const isWaiting = names.every((name) => name !== undefined && !name.startsWith('Custom') || name === 'CustomMessage');
    return isWaiting ? { caller: 'Cognito', seconds: 5, source } : undefined;
  }
  return undefined;
}

/** An API whose definition is written out says itself how long it waits, and whether it waits at all. */
function isDefinedElsewhere(reference: YamlNode | undefined, template: EvaluatedTemplate): boolean {
  if (!reference) return false;
  const id = referencedId(reference);
  const api = template.resources.find((resource) => resource.logicalId === id);
  return !api || ['DefinitionBody', 'DefinitionUri', 'Fn::Transform'].some((name) => get(api.properties, name) !== undefined);
}
