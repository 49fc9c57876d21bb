import type { AwsClient } from './client.ts';
import { elementAt, membersAt, readXml, textAt, type XmlElement } from './read-xml.ts';

/** A stack as CloudFormation has it. */
export interface CloudStack {
  /** ARN. */
  readonly id: string;
  /** `UPDATE_COMPLETE`, … */
  readonly status: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
  readonly isProtected: boolean;
}

/** A resource of a stack. */
export interface StackResource {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
}

/** DescribeStacks of one; undefined when there is none of that name. */
export async function describeStack(aws: AwsClient, name: string): Promise<CloudStack | undefined> {
  const root = await query(aws, 'DescribeStacks', { StackName: name }, `DescribeStacks of ${name}`);
  const [stack] = root ? membersAt(root, 'DescribeStacksResult', 'Stacks') : [];
  const status = textAt(stack, 'StackStatus') ?? '';
  if (!stack || status === 'DELETE_COMPLETE') return undefined;
  const pairs = (list: string, key: string, value: string): ReadonlyMap<string, string> => new Map(membersAt(stack, list).map((one) => [textAt(one, key) ?? '', textAt(one, value) ?? '']));
  return {
    id: textAt(stack, 'StackId') ?? name, status, parameters: pairs('Parameters', 'ParameterKey', 'ParameterValue'), tags: pairs('Tags', 'Key', 'Value'),
    isProtected: textAt(stack, 'EnableTerminationProtection') === 'true',
  };
}

/** GetTemplate as it was given, before any transform; undefined when the stack is gone. */
export async function originalTemplate(aws: AwsClient, name: string): Promise<string | undefined> {
  const root = await query(aws, 'GetTemplate', { StackName: name, TemplateStage: 'Original' }, `GetTemplate of ${name}`);
  return root && elementAt(root, 'GetTemplateResult', 'TemplateBody')?.text;
}

/** ListStackResources, all pages (DescribeStackResources ends at 100). */
export async function stackResources(aws: AwsClient, name: string): Promise<readonly StackResource[]> {
  const found: StackResource[] = [];
  let next: string | undefined;
  do {
    const root = await query(aws, 'ListStackResources', { StackName: name, ...(next === undefined ? {} : { NextToken: next }) }, `ListStackResources of ${name}`);
    const result = elementAt(root, 'ListStackResourcesResult');
    for (const one of membersAt(result, 'StackResourceSummaries')) {
      found.push({ logicalId: textAt(one, 'LogicalResourceId') ?? '', physicalId: textAt(one, 'PhysicalResourceId') ?? '', type: textAt(one, 'ResourceType') ?? '' });
    }
    next = textAt(result, 'NextToken');
  } while (next !== undefined && next !== '');
  return found;
}

/** A call of the Query protocol; undefined when there is no such stack. */
async function query(aws: AwsClient, action: string, parameters: Readonly<Record<string, string>>, what: string): Promise<XmlElement | undefined> {
  const body = new URLSearchParams({ Action: action, Version: '2010-05-15', ...parameters }).toString();
  const answer = await aws.call({
    service: 'cloudformation', what, method: 'POST', path: '/', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body,
    accept: ({ code, message }) => code === 'ValidationError' && /does not exist/u.test(message),
  });
  return answer.error ? undefined : elementAt(readXml(answer.text), `${action}Response`);
}
