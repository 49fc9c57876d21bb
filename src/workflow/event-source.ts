import { once } from '../base/once.ts';
import type { LambdaFunction, Model } from '../model/function.ts';
import { plainOf } from '../model/resource-values.ts';
import type { EvaluatedTemplate } from '../project/template/evaluate.ts';
import { isRecord, referredId, type Plain } from './names.ts';

/** What sends events to a function; the names are those of SAM's event types, with the services behind generic ones. */
export type EventKind =
  | 'S3' | 'SQS' | 'SNS' | 'DynamoDB' | 'Kinesis' | 'MSK' | 'Kafka' | 'MQ' | 'DocumentDB' | 'CloudWatchLogs' | 'EventBridge' | 'Schedule' | 'Scheduler'
  | 'Api' | 'HttpApi' | 'Url' | 'Cognito' | 'IoTRule' | 'Alexa';

/** One way in which a function is called. */
export interface EventSource {
  /** Of the entry in Events, or of the resource. */
  readonly name: string;
  readonly kind: EventKind;
  readonly properties: Readonly<Record<string, Plain>>;
}

/** SAM's event types (AWS SAM specification, "EventSource"). */
const samKinds: Readonly<Record<string, EventKind>> = {
  S3: 'S3', SQS: 'SQS', SNS: 'SNS', DynamoDB: 'DynamoDB', Kinesis: 'Kinesis', MSK: 'MSK', SelfManagedKafka: 'Kafka', MQ: 'MQ', DocumentDB: 'DocumentDB', CloudWatchLogs: 'CloudWatchLogs',
  EventBridgeRule: 'EventBridge', CloudWatchEvent: 'EventBridge', Schedule: 'Schedule', ScheduleV2: 'Scheduler', Api: 'Api', HttpApi: 'HttpApi', Cognito: 'Cognito', IoTRule: 'IoTRule', AlexaSkill: 'Alexa',
};

/** All that calls a function, as far as its template says: Events, a function URL, and resources that name it. */
export function eventSourcesOf(subject: LambdaFunction, model: Model): readonly EventSource[] {
  return [...ownEvents(subject), ...urlOf(subject), ...resourcesThatName(subject, model)];
}

function ownEvents(subject: LambdaFunction): readonly EventSource[] {
  const node = subject.property('Events');
  const events = node ? plainOf(node) : {};
  if (!isRecord(events)) return [];
  return Object.entries(events).flatMap(([name, event]) => {
    const kind = isRecord(event) && typeof event['Type'] === 'string' ? samKinds[event['Type']] : undefined;
    if (kind === undefined || !isRecord(event)) return [];
    return [{ name, kind, properties: isRecord(event['Properties']) ? event['Properties'] : {} }];
  });
}

function urlOf(subject: LambdaFunction): readonly EventSource[] {
  return subject.property('FunctionUrlConfig') ? [{ name: 'Url', kind: 'Url', properties: {} }] : [];
}

const callerTypes: ReadonlySet<string> = new Set([
  'AWS::Lambda::EventSourceMapping', 'AWS::SNS::Subscription', 'AWS::Events::Rule', 'AWS::Scheduler::Schedule', 'AWS::Lambda::Url', 'AWS::S3::Bucket', 'AWS::Cognito::UserPool',
]);

/** The resources that may call a function, read once for all functions. */
const callersIn = once((template: EvaluatedTemplate) => template.resources.filter(({ type }) => callerTypes.has(type)).map(({ logicalId, type, properties: node }) => {
  const plain = node ? plainOf(node) : {};
  return { logicalId, type, properties: isRecord(plain) ? plain : {} };
}));

/** Resources of the template that send events to a function without standing in its Events. */
function resourcesThatName(subject: LambdaFunction, model: Model): readonly EventSource[] {
  const template = model.templates.find((one) => one.template === subject.template);
  if (!template) return [];
  const { resources } = template;
  const isSubject = (value: Plain): boolean => referredId(value) === subject.logicalId;
  return callersIn(template).flatMap(({ logicalId, type, properties }): readonly EventSource[] => {
    switch (type) {
      case 'AWS::Lambda::EventSourceMapping': {
        const kind = isSubject(properties['FunctionName']) ? mappedKind(properties['EventSourceArn'], resources) : undefined;
        return kind === undefined ? [] : [{ name: logicalId, kind, properties: mapped(kind, properties['EventSourceArn']) }];
      }
      case 'AWS::SNS::Subscription':
        return isSubject(properties['Endpoint']) ? [{ name: logicalId, kind: 'SNS', properties: { Topic: properties['TopicArn'] } }] : [];
      case 'AWS::Events::Rule':
        return hasTarget(properties['Targets'], isSubject) ? [{ name: logicalId, kind: properties['ScheduleExpression'] === undefined ? 'EventBridge' : 'Schedule', properties: { ...properties, Pattern: properties['EventPattern'] } }] : [];
      case 'AWS::Scheduler::Schedule':
        return hasTarget([properties['Target']], isSubject) ? [{ name: logicalId, kind: 'Scheduler', properties: { ...properties, Input: isRecord(properties['Target']) ? properties['Target']['Input'] : undefined } }] : [];
      case 'AWS::Lambda::Url':
        return isSubject(properties['TargetFunctionArn']) ? [{ name: logicalId, kind: 'Url', properties: {} }] : [];
      case 'AWS::S3::Bucket':
        return bucketNotifies(properties, isSubject) ? [{ name: logicalId, kind: 'S3', properties: { Bucket: { Ref: logicalId } } }] : [];
      case 'AWS::Cognito::UserPool':
        return Object.entries(isRecord(properties['LambdaConfig']) ? properties['LambdaConfig'] : {})
          .flatMap(([trigger, value]) => (isSubject(value) ? [{ name: trigger, kind: 'Cognito' as const, properties: { UserPool: { Ref: logicalId }, Trigger: trigger } }] : []));
      default:
        return [];
    }
  });
}

function mappedKind(arn: Plain, resources: readonly { readonly logicalId: string; readonly type: string }[]): EventKind | undefined {
  const id = referredId(arn);
  const type = resources.find((one) => one.logicalId === id)?.type ?? '';
  const service = typeof arn === 'string' ? (arn.split(':')[2] ?? '') : (type.split('::')[1] ?? '');
  const kinds: Readonly<Record<string, EventKind>> = { sqs: 'SQS', dynamodb: 'DynamoDB', serverless: 'DynamoDB', kinesis: 'Kinesis', kafka: 'MSK', msk: 'MSK', mq: 'MQ', amazonmq: 'MQ', rds: 'DocumentDB', docdb: 'DocumentDB' };
  return kinds[service.toLowerCase()];
}

function mapped(kind: EventKind, arn: Plain): Readonly<Record<string, Plain>> {
  return kind === 'SQS' ? { Queue: arn } : kind === 'MQ' ? { Broker: arn } : { Stream: arn };
}

function hasTarget(targets: Plain, isSubject: (value: Plain) => boolean): boolean {
  return Array.isArray(targets) && targets.some((target: Plain) => isRecord(target) && isSubject(target['Arn']));
}

function bucketNotifies(properties: Readonly<Record<string, Plain>>, isSubject: (value: Plain) => boolean): boolean {
  const configuration = properties['NotificationConfiguration'];
  const all = isRecord(configuration) ? configuration['LambdaConfigurations'] : undefined;
  return Array.isArray(all) && all.some((one: Plain) => isRecord(one) && isSubject(one['Function']));
}
