import type { SourceFile } from '../base/source.ts';
import type { LambdaFunction } from '../model/function.ts';
import type { Project } from '../project/project.ts';
import type { EventKind, EventSource } from './event-source.ts';
import { isForMethod, isForRoute } from './http-events.ts';
import { kebab } from './made-event.ts';
import { isRecord } from './names.ts';

/** A JSON file that holds an event. */
export interface EventFile {
  readonly file: SourceFile;
  /** What may have sent it, by its shape; empty for a test event of the function's own. */
  readonly kinds: readonly EventKind[];
  readonly event: Readonly<Record<string, unknown>>;
}

const byRecord: Readonly<Record<string, EventKind>> = { 'aws:s3': 'S3', 'aws:sqs': 'SQS', 'aws:sns': 'SNS', 'aws:dynamodb': 'DynamoDB', 'aws:kinesis': 'Kinesis', 'aws:kafka': 'MSK', SelfManagedKafka: 'Kafka', 'aws:mq': 'MQ', 'aws:rmq': 'MQ', 'aws:docdb': 'DocumentDB' };

/** The event files of a project: those whose content has the shape of an AWS event, and those that are named or placed as events. */
export function eventFilesOf(project: Project): readonly EventFile[] {
  return project.developerFiles.flatMap((file): readonly EventFile[] => {
    if (!file.path.endsWith('.json') || /(?:^|\/)(?:package(?:-lock)?|tsconfig|cdk|samconfig|template)[\w.-]*\.json$/u.test(file.path)) return [];
    const event = parsed(file.text);
    if (!event) return [];
    const kinds = kindsOf(event);
    const isNamed = /(?:^|\/)[\w-]*events?\/|(?:^|\/)[^/]*(?:event|payload)[^/]*\.json$/iu.test(file.path) && !/(?:^|[-_./])(?:expected|env|environment|schema|response|output)[-_.]/iu.test(file.path);
    return kinds.length > 0 || isNamed ? [{ file, kinds, event }] : [];
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/u, ''));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function kindsOf(event: Readonly<Record<string, unknown>>): readonly EventKind[] {
  const records = event['Records'];
  const [first]: readonly unknown[] = Array.isArray(records) ? records : [];
  const named = isRecord(first) ? (first['eventSource'] ?? first['EventSource']) : event['eventSource'];
  const record = byRecord[String(named)];
  if (record !== undefined) return [record];
  if (isRecord(event['awslogs'])) return ['CloudWatchLogs'];
  if (typeof event['triggerSource'] === 'string') return ['Cognito'];
  if (event['detail-type'] !== undefined && event['source'] !== undefined) return event['detail-type'] === 'Scheduled Event' ? ['Schedule', 'Scheduler', 'EventBridge'] : ['EventBridge'];
  if (isRecord(event['requestContext']) && isRecord(event['requestContext']['http'])) return ['HttpApi', 'Url'];
  if (event['httpMethod'] !== undefined || (isRecord(event['requestContext']) && event['resource'] !== undefined)) return ['Api', 'HttpApi'];
  if (isRecord(event['session']) && isRecord(event['request'])) return ['Alexa'];
  return [];
}

/** An event file for a function. */
export interface Match {
  readonly path: string;
  readonly event: EventFile['event'];
  /** Its name or its content says that it is for this function, not for another of the same kind. */
  readonly isSure: boolean;
}

/** Event files that a function of this project can be called with, the likeliest first. */
export function eventsFor(subject: LambdaFunction, sources: readonly EventSource[], files: readonly EventFile[]): readonly Match[] {
  return files
    .map((one) => ({ one, score: scoreOf(one, subject, sources), likeness: likenessOf(one.file.path, subject) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || b.likeness - a.likeness || (a.one.file.path < b.one.file.path ? -1 : 1))
    .map(({ one, score }) => ({ path: one.file.path, event: one.event, isSure: score > 2 }));
}

function scoreOf(one: EventFile, subject: LambdaFunction, sources: readonly EventSource[]): number {
  const ofKind = sources.filter(({ kind }) => one.kinds.includes(kind));
  const isNamed = namesOf(subject).some((name) => kebab(one.file.path).split('-').join('').includes(name));
  if (sources.length > 0 && ((one.kinds.length > 0 && ofKind.length === 0) || isForAuthorizer(one.event))) return 0;
  return (isNamed ? 4 : 0) + Math.max(0, ...ofKind.map((source) => fitOf(one.event, source)));
}

/** How well an event of a source's kind fits the source: a request for its route, for its method alone, for neither. */
function fitOf(event: EventFile['event'], { kind, properties }: EventSource): number {
  if (!/^(?:Api|HttpApi)$/u.test(kind) || isForRoute(event, properties)) return 3;
  return isForMethod(event, properties) ? 2 : 1;
}

/** What API Gateway asks an authorizer: no event of a function that something else calls. */
function isForAuthorizer(event: EventFile['event']): boolean {
  return /^(?:TOKEN|REQUEST)$/u.test(String(event['type'])) && (event['methodArn'] !== undefined || event['routeArn'] !== undefined || event['authorizationToken'] !== undefined);
}

/** Letters of the longest stretch that a file's path and the function's name, handler or folder have in common. */
function likenessOf(path: string, subject: LambdaFunction): number {
  const squashed = (text: string): string => kebab(text).split('-').join('').replace(/events?|json$/gu, '');
  const file = squashed(path);
  const code = subject.package.kind === 'zip' ? [subject.package.codeFolder.split(/[\\/]/u).slice(-2).join('-'), subject.package.handler ?? ''] : [];
  return Math.max(...[subject.logicalId, ...code].map((name) => longestIn(file, squashed(name))));
}

function longestIn(text: string, name: string): number {
  let best = 0;
  for (let start = 0; start + best < name.length; start++) while (start + best < name.length && text.includes(name.slice(start, start + best + 1))) best++;
  // Shorter stretches are chance.
  return best < 4 ? 0 : best;
}

/** What a file of a function may be called after; short words are left out, since they stand in everything. */
function namesOf(subject: LambdaFunction): readonly string[] {
  const code = subject.package.kind === 'zip' ? subject.package.codeFolder.split(/[\\/]/u).at(-1) : undefined;
  return [subject.logicalId.replace(/(?:Lambda)?(?:Function|Handler|Lambda)$/u, ''), code ?? '', subject.package.kind === 'zip' ? (subject.package.handler?.split(/[./]/u).at(-2) ?? '') : '']
    .map((name) => kebab(name).split('-').join(''))
    .filter((name) => name.length > 3 && !/^(?:index|handler|main|lambda|function|functions|src|app|code|event|events|test|tests)$/u.test(name));
}

/** Sources of a function that no event file was made for. Where a kind has as many files as functions, each is taken to have its own. */
export function sourcesWithoutEvent(
  subject: LambdaFunction,
  sources: readonly EventSource[],
  given: { readonly files: readonly EventFile[]; readonly countOf: (kind: EventKind) => number },
): readonly EventSource[] {
  return sources.filter((source) => {
    const ofKind = given.files.filter(({ kinds }) => kinds.includes(source.kind));
    if (ofKind.length > 0 && ofKind.length >= given.countOf(source.kind)) return false;
    const isRoute = /^(?:Api|HttpApi)$/u.test(source.kind);
    return !ofKind.some((file) => (isRoute ? isForRoute(file.event, source.properties) : scoreOf(file, subject, [source]) > 3));
  });
}
