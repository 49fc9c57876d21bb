import type { AwsClient } from '../../aws/client.ts';
import { stackResources, type StackResource } from '../../aws/cloudformation.ts';

/** What a stack and its nested ones consist of, by the project's own names. */
export interface Deployed {
  /** By full path: `Nested/Fn`. */
  readonly functions: ReadonlyMap<string, string>;
  /** ARNs without their versions, by full path. */
  readonly layers: ReadonlyMap<string, string>;
  readonly aliases: ReadonlyMap<string, string>;
}

/** Reads the resources of a stack, and of the nested stacks in it. */
export async function readDeployed(aws: AwsClient, stackName: string): Promise<Deployed> {
  const [functions, layers, aliases] = [new Map<string, string>(), new Map<string, string>(), new Map<string, string>()];
  const read = async (stack: string, prefix: string): Promise<void> => {
    const resources = await stackResources(aws, stack);
    for (const one of resources) keep(one, prefix);
    await Promise.all(resources.filter(({ type, physicalId }) => type === 'AWS::CloudFormation::Stack' && physicalId !== '').map((nested) => read(nested.physicalId, `${prefix}${nested.logicalId}/`)));
  };
  const keep = ({ logicalId, physicalId, type }: StackResource, prefix: string): void => {
    if (type === 'AWS::Lambda::Function') functions.set(`${prefix}${logicalId}`, physicalId);
    // SAM adds ten digits of a hash to the ID of a layer, and `Alias` with the name to that of a function.
    if (type === 'AWS::Lambda::LayerVersion') layers.set(`${prefix}${logicalId.replace(/[0-9a-f]{10}$/u, '')}`, physicalId.replace(/:\d+$/u, ''));
    const alias = type === 'AWS::Lambda::Alias' ? /^(.+)Alias[^/]*$/u.exec(logicalId)?.[1] : undefined;
    if (alias !== undefined) aliases.set(`${prefix}${alias}`, physicalId.split(':').at(-1) ?? '');
  };
  await read(stackName, '');
  return { functions, layers, aliases };
}
