import type { LambdaFunction } from '../model/function.ts';
import type { EventKind, EventSource } from './event-source.ts';
import type { Given } from './given.ts';
import { httpEvents, routeOf } from './http-events.ts';
import type { EventMaker, Naming } from './names.ts';
import { otherEvents } from './other-events.ts';
import { recordEvents } from './record-events.ts';
import { serviceEvents, type ServiceKind } from './service-events.ts';

/** Everything that an event can be made of. */
export type MadeKind = EventKind | ServiceKind;

const makers: Readonly<Record<MadeKind, EventMaker>> = { ...recordEvents, ...httpEvents, ...otherEvents, ...serviceEvents };

/** An event as AWS would send it from this source, as the text of a file. The same source and wishes give the same text. */
export function madeEvent(source: { readonly kind: MadeKind; readonly properties: EventSource['properties'] }, naming: Naming, given: Given = {}): string {
  return `${JSON.stringify(makers[source.kind](source.properties, naming, given), undefined, 2)}\n`;
}

/** Where a made event goes: `events/FUNCTION-SOURCE.json`. */
export function eventPath(subject: Pick<LambdaFunction, 'fullPath'>, source: Pick<EventSource, 'name'>): string {
  const name = kebab(subject.fullPath.replace(/(?:Lambda)?Function$/u, '')) || 'function';
  return `events/${name}-${kebab(source.name)}.json`;
}

const nouns: Readonly<Record<EventKind, string>> = {
  S3: 'S3', SQS: 'SQS', SNS: 'SNS', DynamoDB: 'a DynamoDB stream', Kinesis: 'Kinesis', MSK: 'MSK', Kafka: 'Kafka', MQ: 'Amazon MQ', DocumentDB: 'DocumentDB', CloudWatchLogs: 'CloudWatch Logs',
  EventBridge: 'EventBridge', Schedule: 'a schedule', Scheduler: 'a schedule', Api: 'API Gateway', HttpApi: 'API Gateway', Url: 'its URL', Cognito: 'Cognito', IoTRule: 'an IoT rule', Alexa: 'Alexa',
};

/** What a source is called in a sentence: `S3`, `POST /items`, `a schedule`. */
export function sourceText({ kind, properties }: EventSource): string {
  if (kind !== 'Api' && kind !== 'HttpApi') return nouns[kind];
  const { method, path } = routeOf(properties);
  return kind === 'HttpApi' && properties['Path'] === undefined ? 'any request' : `${method} ${path}`;
}

/** `TranscribeFunction` → `transcribe-function`. */
export function kebab(text: string): string {
  return text.replace(/([a-z0-9])([A-Z])/gu, '$1-$2').replace(/([A-Z])([A-Z][a-z])/gu, '$1-$2').replace(/[^A-Za-z0-9]+/gu, '-').replace(/^-|-$/gu, '').toLowerCase();
}
