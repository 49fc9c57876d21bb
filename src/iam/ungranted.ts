import { dirname, join, sep } from 'node:path';
import { once } from '../base/once.ts';
import type { SourceFile } from '../base/source.ts';
import type { ImagePackage, LambdaFunction, Model } from '../model/function.ts';
import type { Project, PythonSource } from '../project/project.ts';
import { member, textOf } from '../project/template/nodes.ts';
import type { EvaluatedTemplate } from '../project/template/evaluate.ts';
import { serviceOf } from './action-table.ts';
import { usageOf } from './function-usage.ts';
import type { Need } from './need.ts';
import { reachablePython } from './reachable-python.ts';
import { referencesIn } from './references.ts';
import { scriptEntry } from './script-entry.ts';

/** Managed policies that allow logs, tracing and network alone. */
const basic = /(?:^|\/)(?:AWSLambdaBasicExecutionRole|AWSLambdaVPCAccessExecutionRole|AWSXRayDaemonWriteAccess|AWSXrayWriteOnlyAccess|CloudWatchLambdaInsightsExecutionRolePolicy)$/u;

/** Ways to be somebody else than the function's role, or to ask something else than AWS. */
const otherwise = /aws_access_key_id|aws_secret_access_key|accessKeyId|secretAccessKey|assume_?role|profile_name|\bendpoint_url\s*=(?![^\n]*(?:execute-api|apigateway|amazonaws\.com))|\bendpoint\s*:(?![^\n]*(?:execute-api|apigateway|amazonaws\.com|domainName))|UNSIGNED|from(?:Ini|TemporaryCredentials|WebToken|SSO)|dynamodb-local|localstack/iu;

/** Needs no permission, or may be open to everybody. */
const withoutPolicy = /^(?:sts:|s3:(?:Get|List|Head)|lambda:InvokeFunctionUrl|execute-api:Invoke)/u;

/**
 * What the code of a function calls for certain while its role, which SAM makes, is given nothing but logs, tracing and network. Empty where
 * permissions may come from elsewhere: a role, a connector, a policy that names the role, credentials in the code. A module that several
 * functions may share tells nothing of what each of them calls, so that only the handler's own counts there.
 */
export function ungrantedNeeds(subject: LambdaFunction, template: EvaluatedTemplate, project: Project, model: Model): readonly Need[] {
  if (!isMadeBare(subject, template)) return [];
  const folder = codeFolderOf(subject);
  const entry = entryOf(subject, project);
  if (!entry || folder === undefined || !namesSdk(folder, project)) return [];
  const usage = usageOf(subject, project, model);
  const reached = subject.package.kind === 'image' ? reachedBy(entry, subject.package, project) : new Set(usage.files);
  if ([...reached].some(({ text }) => otherwise.test(text))) return [];
  const isShared = model.functions.some((other) => other !== subject && codeFolderOf(other) === folder);
  return usage.needs.filter(({ action, call, at }) => call !== 'Lambda' && call !== 'SAM' && (isShared ? at.file === entry.source : reached.has(at.file)) && !withoutPolicy.test(action) && serviceOf(action) !== 'logs');
}

const sdk = /\bboto3\b|\bbotocore\b|aws-sdk/u;

/** Folders whose sources name an SDK: most functions that call no AWS end here, before their code is read. */
function namesSdk(folder: string, project: Project): boolean {
  return sourcesWithSdk(project).some((path) => path.startsWith(folder + sep));
}

const sourcesWithSdk: (project: Project) => readonly string[] = once(({ pythonSources, scriptSources }) => [...pythonSources, ...scriptSources].flatMap(({ path, source }) => (sdk.test(source.text) ? [path] : [])));

const sourcesByName: (project: Project) => ReadonlyMap<string, PythonSource> = once(({ pythonSources, scriptSources }) => new Map([...pythonSources, ...scriptSources].toReversed().map((one) => [one.path.replace(/\.(?:py|[cm]?[jt]sx?)$/u, ''), one])));

function codeFolderOf({ package: own }: LambdaFunction): string | undefined {
  return own.kind === 'zip' ? own.codeFolder : own.kind === 'image' ? own.dockerfile.context : undefined;
}

function isMadeBare(subject: LambdaFunction, { template, resources }: EvaluatedTemplate): boolean {
  if (subject.type !== 'AWS::Serverless::Function' || subject.property('Role') || subject.template !== template) return false;
  const policies = member(subject.properties, 'Policies');
  const items = policies?.kind === 'list' ? policies.items : policies ? [policies] : [];
  if (!items.every((item) => basic.test(textOf(item) ?? ''))) return false;
  const role = `${subject.logicalId}Role`;
  return resources.every(({ logicalId, type, node }) => {
    if (logicalId === subject.logicalId) return member(node, 'Connectors') === undefined;
    if (type === 'AWS::Serverless::Connector' || member(node, 'Connectors')) return false;
    return !referencesIn(node).has(role);
  });
}

/** What the handler of an image reaches: the rest of its context may be anything. */
function reachedBy(entry: PythonSource, { dockerfile }: ImagePackage, { pythonSources }: Project): ReadonlySet<SourceFile> {
  const roots = [...new Set([dirname(entry.path), dockerfile.context])];
  return new Set(reachablePython(pythonSources, roots, entry.path).files.map(({ source }) => source));
}

/** The file of the handler. */
function entryOf({ package: own }: LambdaFunction, project: Project): PythonSource | undefined {
  if (own.kind === 'zip') {
    const module = own.handler?.replace(/\.[^./]*$/u, '') ?? '';
    const path = own.runtime.startsWith('python') ? join(own.codeFolder, module.replaceAll('.', '/')) : scriptEntry(own);
    return sourcesByName(project).get(path);
  }
  if (own.kind !== 'image' || own.imageConfig.entryPoint !== undefined) return undefined;
  const { dockerfile, imageConfig } = own;
  const command = imageConfig.command ?? dockerfile.dockerfile.stages.at(-1)?.instructions.findLast(({ keyword }) => keyword === 'CMD')?.words.map(({ text }) => text);
  const handler = command?.at(-1);
  if (handler === undefined) return undefined;
  const file = join(sep, `${handler.slice(0, Math.max(0, handler.lastIndexOf('.'))).replaceAll('.', '/')}.py`);
  const found = project.pythonSources.filter(({ path }) => path.startsWith(dockerfile.context + sep) && path.endsWith(file));
  return found.length === 1 ? found[0] : undefined;
}
