import type { Project } from '../project/project.ts';
import { get, stringOf, type YamlNode } from '../syntax/yaml.ts';

/** IAM resources that can have a name of their own, and the property that gives it. */
const named: Readonly<Record<string, string>> = {
  'AWS::IAM::Group': 'GroupName', 'AWS::IAM::InstanceProfile': 'InstanceProfileName', 'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::IAM::Role': 'RoleName', 'AWS::IAM::User': 'UserName',
};

/** What CloudFormation wants acknowledged before it deploys the project's templates ("CreateStack", Capabilities); named IAM resources include unnamed ones. */
export function capabilitiesOf({ templates }: Pick<Project, 'templates'>): readonly string[] {
  const resources = templates.flatMap(({ document }) => entriesOf(get(document.root, 'Resources')));
  const typeOf = (resource: YamlNode): string => stringOf(get(resource, 'Type')) ?? '';
  const isNamed = resources.some((resource) => get(resource, 'Properties', named[typeOf(resource)] ?? '') !== undefined);
  const isNested = resources.some((resource) => /^AWS::(?:Serverless::Application|CloudFormation::Stack)$/u.test(typeOf(resource)));
  const hasMacro = templates.some(({ document }) => transformsOf(get(document.root, 'Transform')).some((name) => name !== 'AWS::Serverless-2016-10-31'));
  return [isNamed ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM', ...(isNested || hasMacro ? ['CAPABILITY_AUTO_EXPAND'] : [])];
}

function entriesOf(node: YamlNode | undefined): readonly YamlNode[] {
  return node?.kind === 'map' ? node.entries.map(({ value }) => value) : [];
}

function transformsOf(node: YamlNode | undefined): readonly string[] {
  return node === undefined ? [] : (node.kind === 'list' ? node.items : [node]).map((one) => stringOf(one) ?? '');
}
