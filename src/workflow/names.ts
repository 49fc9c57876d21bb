import type { Project, TemplateFile } from '../project/project.ts';
import { samParameters } from '../model/samconfig.ts';
import { plainOf } from '../model/resource-values.ts';
import type { Model } from '../model/function.ts';
import type { Given } from './given.ts';

/** A value of a template as plain data; functions that only a deployment can tell are maps such as `{ Ref: 'Table' }`. */
export type Plain = unknown;

/** A resource that an event comes from, named as it is in the template. */
export interface NamedResource {
  readonly logicalId: string;
  /** `AWS::S3::Bucket`; empty where the template does not have it. */
  readonly type: string;
  /** Its physical name where the template gives one, else one like CloudFormation's own. */
  readonly name: string;
  readonly properties: Readonly<Record<string, Plain>>;
}

/** Makes an event of a source's properties, and of what is asked for over them. */
export type EventMaker = (properties: Readonly<Record<string, Plain>>, naming: Naming, given?: Given) => object;

/** What names in events are made from. */
export interface Naming {
  readonly region: string;
  readonly account: string;
  /** What a reference in a template leads to: a resource, or a name or ARN that stands there. */
  readonly resource: (value: Plain) => NamedResource;
}

/** An account number that AWS's documentation uses. */
const account = '123456789012';

/** Names for one template's events. */
export function namingFor(project: Project, model: Model, template: TemplateFile): Naming {
  const resources = model.templates.find((one) => one.template === template)?.resources ?? [];
  const byId = new Map(resources.map((one) => [one.logicalId, one]));
  return {
    region: regionOf(project),
    account,
    resource: (value) => {
      const id = referredId(value);
      if (id === undefined) return { logicalId: '', type: '', name: lastPart(typeof value === 'string' ? value : 'example'), properties: {} };
      const found = byId.get(id);
      const plain = found?.properties ? plainOf(found.properties) : {};
      const properties = isRecord(plain) ? plain : {};
      return { logicalId: id, type: found?.type ?? '', name: physicalName(found?.type ?? '', id, properties), properties };
    },
  };
}

/** The region that samconfig deploys to. */
export function regionOf(project: Project): string {
  const given = samParameters(project, 'default', 'deploy').find(({ name }) => name === 'region')?.value;
  return typeof given === 'string' && given !== '' ? given : 'us-east-1';
}

/** Whether a value is a map. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The logical ID that a value refers to: `!Ref X`, `!GetAtt X.Arn`, `!Sub '${X.Arn}'`, `!Sub '…:${X}'`; undefined for text. */
export function referredId(value: Plain): string | undefined {
  if (!isRecord(value)) return undefined;
  if (typeof value['Ref'] === 'string') return value['Ref'];
  const attribute = value['Fn::GetAtt'];
  if (Array.isArray(attribute)) return String(attribute[0]);
  if (typeof attribute === 'string') return attribute.split('.')[0];
  const sub = value['Fn::Sub'];
  const text = Array.isArray(sub) ? String(sub[0]) : typeof sub === 'string' ? sub : undefined;
  if (text !== undefined) return Array.from(text.matchAll(/\$\{([A-Za-z0-9]+)(?:\.[\w.]+)?\}/gu), (match) => match[1]).at(-1);
  for (const name of ['Fn::Select', 'Fn::Join', 'Fn::Split', 'Fn::If']) {
    const found = deepId(value[name]);
    if (found !== undefined) return found;
  }
  return typeof value['Fn::ImportValue'] === 'string' ? value['Fn::ImportValue'] : undefined;
}

function deepId(value: Plain): string | undefined {
  if (Array.isArray(value)) return value.map(deepId).findLast((id) => id !== undefined);
  return referredId(value);
}

const nameProperties: Readonly<Record<string, string>> = {
  'AWS::S3::Bucket': 'BucketName', 'AWS::SQS::Queue': 'QueueName', 'AWS::SNS::Topic': 'TopicName', 'AWS::DynamoDB::Table': 'TableName', 'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::Serverless::SimpleTable': 'TableName', 'AWS::Kinesis::Stream': 'Name', 'AWS::Events::EventBus': 'Name', 'AWS::Cognito::UserPool': 'UserPoolName', 'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::Lambda::Function': 'FunctionName', 'AWS::Serverless::Function': 'FunctionName',
};

function physicalName(type: string, logicalId: string, properties: Readonly<Record<string, Plain>>): string {
  const given = properties[nameProperties[type] ?? ''];
  if (typeof given === 'string') return given;
  // Names of buckets are lower case; CloudFormation makes them of the logical ID in the same way.
  if (type === 'AWS::S3::Bucket') return logicalId.toLowerCase();
  return type === 'AWS::SQS::Queue' && properties['FifoQueue'] === true ? `${logicalId}.fifo` : logicalId;
}

/** The name at the end of an ARN or address. */
export function lastPart(text: string): string {
  const parts = text.split(/[:/]/u).filter((part) => part !== '');
  return parts.at(-1) ?? 'example';
}
