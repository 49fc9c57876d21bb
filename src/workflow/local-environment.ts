import type { LambdaFunction, Model, Value } from '../model/function.ts';
import { hasCodeToBuild } from '../model/code-to-build.ts';
import { plainOf } from '../model/resource-values.ts';
import { isGitIgnored } from '../model/git-ignored.ts';
import { samParameters } from '../model/samconfig.ts';
import type { Project } from '../project/project.ts';
import { isRecord, namingFor, referredId, type Naming, type Plain } from './names.ts';

/** Where values for running functions locally go: the first that git does not ignore. */
export const environmentPaths: readonly string[] = ['env.local.json', 'env.dev.json'];

/** The one of `environmentPaths` that a project's developers can share; the first where git ignores them all. */
export function environmentPathFor(project: Project): string {
  return environmentPaths.find((path) => !isGitIgnored(project, path)) ?? 'env.local.json';
}

/** Functions with variables whose value a local run has no way to know. */
export function functionsWithUnknownVariables(model: Model): readonly LambdaFunction[] {
  return model.functions.filter((one) => hasCodeToBuild(one) && Object.values(one.environment).some(isUnknown));
}

/** A value that sam cannot put in by itself; the region, account and the like it can. */
export function isUnknown(value: Value<string>): boolean {
  return isDynamic(value) || (value.kind === 'unresolved' && /\bRef":(?!"AWS::)|Fn::(?!Sub)|\$\{(?!AWS::|!)/u.test(JSON.stringify(plainOf(value.node))));
}

/** The file with variables for local runs that a project has: named so, told to sam, or given to it by a script or document. */
export function environmentFileOf(project: Project): string | undefined {
  const configured = ['local_invoke', 'local_start_api', 'local_start_lambda'].flatMap((command) => samParameters(project, 'default', command)).find(({ name }) => name === 'env_vars')?.value;
  if (typeof configured === 'string' && project.files.some(({ path }) => path === configured)) return configured;
  const named = project.files.find(({ path }) => environmentPaths.includes(path)) ?? project.files.find(({ path }) => /(?:^|\/)(?:\.?env(?:ironment)?s?(?:[-_.]?vars?)?(?:[-_.](?:local|dev|development|json|sample|example|template))*|(?:local|dev)[-_.]env(?:[-_.]?vars?)?)\.json$/iu.test(path));
  if (named) return named.path;
  // It may well be one that git ignores, in the repository above or in somebody's home.
  return project.developerFiles.map(({ text }) => /(?:--env-vars|-n)[ =]+["']?([\w./~${}-]+\.json)/u.exec(text)?.[1]).find((path) => path !== undefined);
}

/** The text of the file: a map for each function, as `sam local … --env-vars` takes it. Secrets stay empty. */
export function environmentText(project: Project, model: Model): string {
  const functions = model.functions.filter((one) => hasCodeToBuild(one) && Object.keys(one.environment).length > 0);
  return `${JSON.stringify(Object.fromEntries(functions.map((one) => {
    const naming = namingFor(project, model, one.template);
    return [one.logicalId, Object.fromEntries(Object.entries(one.environment).map(([name, value]) => [name, localValue(name, value, naming)]))];
  })), undefined, 2)}\n`;
}

function localValue(name: string, value: Value<string>, naming: Naming): string {
  if (/secret|passw|token|api_?key|private_?key|credential|access_?key/iu.test(name) && !/arn|name|id$|path|url|table|bucket/iu.test(name)) return '';
  if (isDynamic(value)) return '';
  if (/(?:^|_)LOG_?LEVEL$/iu.test(name)) return 'DEBUG';
  const text = value.kind === 'known' ? value.value : expected(plainOf(value.node), naming);
  const isBareQueue = /queue_?url$/iu.test(name) && /^[\w.-]+$/u.test(text);
  return isBareQueue ? `https://sqs.${naming.region}.amazonaws.com/${naming.account}/${text}` : text;
}

/** `{{resolve:secretsmanager:…}}`: filled in by CloudFormation alone. */
function isDynamic(value: Value<string>): boolean {
  return value.kind === 'known' && value.value.includes('{{resolve:');
}

/** What CloudFormation would put in for a reference, with the names that events use. */
function expected(value: Plain, naming: Naming): string {
  const id = referredId(value);
  if (id === undefined || !isRecord(value)) return '';
  if (id === 'AWS::Region') return naming.region;
  if (id === 'AWS::AccountId') return naming.account;
  if (id === 'AWS::StackName') return 'local';
  const { name, type } = naming.resource(value);
  if (type === '') return '';
  const isArn = JSON.stringify(value['Fn::GetAtt'] ?? value['Fn::Sub'] ?? '').includes('Arn') || (value['Ref'] !== undefined && type === 'AWS::SNS::Topic');
  if (isArn) return arnOf(type, name, naming);
  if (typeof value['Ref'] === 'string') return type === 'AWS::SQS::Queue' ? `https://sqs.${naming.region}.amazonaws.com/${naming.account}/${name}` : name;
  const sub = value['Fn::Sub'];
  return typeof sub === 'string' ? sub.replaceAll('${AWS::Region}', naming.region).replaceAll('${AWS::AccountId}', naming.account).replaceAll('${AWS::StackName}', 'local').replace(/\$\{[^}]+\}/gu, name) : name;
}

function arnOf(type: string, name: string, { region, account }: Naming): string {
  const service = (type.split('::')[1] ?? '').toLowerCase();
  const paths: Readonly<Record<string, string>> = {
    'AWS::S3::Bucket': `arn:aws:s3:::${name}`, 'AWS::DynamoDB::Table': `arn:aws:dynamodb:${region}:${account}:table/${name}`, 'AWS::Kinesis::Stream': `arn:aws:kinesis:${region}:${account}:stream/${name}`,
    'AWS::Serverless::Function': `arn:aws:lambda:${region}:${account}:function:${name}`, 'AWS::Lambda::Function': `arn:aws:lambda:${region}:${account}:function:${name}`,
    'AWS::Serverless::StateMachine': `arn:aws:states:${region}:${account}:stateMachine:${name}`, 'AWS::StepFunctions::StateMachine': `arn:aws:states:${region}:${account}:stateMachine:${name}`,
  };
  return paths[type] ?? `arn:aws:${service}:${region}:${account}:${name}`;
}
