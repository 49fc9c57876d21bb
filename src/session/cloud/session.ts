import { existsSync, readFileSync } from 'node:fs';
import type { CloudEvent, Drift } from '../../base/cloud-event.ts';
import { failure } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import type { BuildReport, FunctionReport } from '../../build/report.ts';
import { createAwsClient, type AwsClient } from '../../aws/client.ts';
import { describeStack, originalTemplate } from '../../aws/cloudformation.ts';
import { findCredentials } from '../../aws/credentials.ts';
import { getFunction, type CloudFunction } from '../../aws/lambda.ts';
import { findRegion } from '../../aws/region.ts';
import type { Model } from '../../model/function.ts';
import { resolveModel } from '../../model/resolve.ts';
import { openProject } from '../../project/open.ts';
import type { Project } from '../../project/project.ts';
import { inParallel } from '../../registry/push-image.ts';
import { waitOn, type Wait } from '../../registry/transport.ts';
import type { BuildOptions } from '../build.ts';
import { repositoryFor } from '../push.ts';
import { parameterDifferences, templateDifferences } from './agreement.ts';
import { deploy } from './deploy.ts';
import { readDeployed, type Deployed } from './deployed.ts';
import { readMemory, writeMemory, type CloudMemory } from './memory.ts';
import { createSender } from './send-code.ts';
import { createSendQueue } from './send-queue.ts';
import { tailLogs, type TailOptions } from './tail.ts';
import { cloudTarget, refuseProductionStack, type CloudTarget } from './target.ts';

/** A dev stack that follows the builds of a project. */
export interface CloudSession {
  readonly target: CloudTarget;
  readonly aws: AwsClient;
  /**
   * Takes a finished build: sends the code of functions that changed, and lets `sam deploy` run when the template did.
   * Returns once all is on its way; what fails is told as an event.
   */
  readonly update: (report: BuildReport) => Promise<void>;
  /** When everything has arrived, or failed for good. */
  readonly settled: () => Promise<void>;
  /** Follows the logs of the functions that are there now, until interrupted. */
  readonly tail: (how: Pick<TailOptions, 'onLines' | 'onWay' | 'mayBeLive'>) => Promise<void>;
  /** Functions by full path; empty before the first `update` has found the stack. */
  readonly functions: () => readonly string[];
  readonly drift: () => readonly Drift[];
}

/** What a session is started with. */
export interface CloudOptions {
  readonly build: BuildOptions;
  readonly onEvent: (event: CloudEvent) => void;
  readonly wait?: Wait;
}

/** Opens a session: who the stack is, whether it may be touched. Nothing is sent before the first `update`. */
export async function openCloudSession(host: Host, { build, onEvent, wait = waitOn(host.signal) }: CloudOptions): Promise<CloudSession> {
  const given = { template: build.template, profile: build.profile, parameterOverrides: build.parameterOverrides };
  const project = await openProject(host, { folder: build.folder, allowsBrokenDockerfiles: true, refusesMissingProfile: true, ...given });
  const target = cloudTarget(project, build.profile, build.parameterOverrides);
  const region = findRegion(host, { given: target.region, profile: target.awsProfile });
  const aws = createAwsClient(host, { region, profile: target.awsProfile, credentials: findCredentials(host, target.awsProfile), wait });
  const parts: Parts = { host, build: { ...build, profile: target.profile }, onEvent, wait, target, aws, project };
  return createSession(parts);
}

interface Parts {
  readonly host: Host;
  readonly build: BuildOptions;
  readonly onEvent: (event: CloudEvent) => void;
  readonly wait: Wait;
  readonly target: CloudTarget;
  readonly aws: AwsClient;
  readonly project: Project;
}

/** What is known of the stack once it agrees with the template. */
interface Known {
  readonly template: string;
  readonly deployed: Deployed;
  readonly functions: Map<string, CloudFunction>;
  memory: CloudMemory;
}

/** What one send needs. */
interface Order {
  readonly report: FunctionReport;
  readonly digest: string;
  /** When its build had ended. */
  readonly since: number;
}

function createSession(parts: Parts): CloudSession {
  const { host, build, onEvent, wait, target, aws } = parts;
  const sender = createSender(host, { aws, folder: build.folder, bucket: target.bucket, stackName: target.stackName, wait, repositoryOf: (name) => repositoryFor(parts.project, target.profile, name) });
  let known: Known | undefined;
  let model: Model | undefined;
  const keep = (name: string, cloud: string, { digest }: Order): void => {
    if (!known) return;
    known.memory = { ...known.memory, functions: { ...known.memory.functions, [name]: { local: digest, cloud, sentAt: host.now() } } };
    writeMemory(build.folder, target.stackName, known.memory);
  };
  const send = async (name: string, order: Order): Promise<void> => {
    const { report, since, digest } = order;
    if (!known || known.memory.functions[name]?.local === digest) return;
    const layer = known.deployed.layers.get(name);
    const physical = known.deployed.functions.get(name);
    if (report.package === 'layer' && layer !== undefined) {
      const users = usersOf(model, name).flatMap((user) => known?.deployed.functions.get(user) ?? []);
      const { cloud, bytes, version } = await sender.sendLayer(report, layer, users);
      keep(name, cloud, order);
      onEvent({ kind: 'updated', name, ms: host.now() - since, bytes, version });
    } else if (report.package !== 'layer' && physical !== undefined) {
      const { cloud, bytes, version } = await sender.send(report, { name: physical, alias: known.deployed.aliases.get(name) }, () => onEvent({ kind: 'sent', name, ms: host.now() - since }));
      keep(name, cloud, order);
      onEvent({ kind: 'updated', name, ms: host.now() - since, bytes, version });
    }
  };
  const queue = createSendQueue<Order>({
    send, wait, parallel: 4, isStopped: () => host.signal.aborted,
    onWaiting: (name, fault, seconds) => onEvent({ kind: 'waiting', name, fault, seconds }),
    onFailed: (name, fault) => onEvent({ kind: 'failed', name, fault }),
  });
  return {
    target, aws,
    update: async (report) => {
      const since = host.now();
      const template = existsSync(report.template) ? readFileSync(report.template, 'utf8') : '';
      if (!known || (known.template !== template && templateDifferences(template, known.template).length > 0)) {
        model = await readModel(parts);
        known = await agree(parts, { report, template, known, client: sender.registry });
      }
      for (const one of report.functions) {
        const digest = digestIn(one);
        if (known.memory.functions[one.name]?.local !== digest) queue.want(one.name, { report: one, digest, since });
      }
    },
    settled: queue.settled,
    tail: (how) => tailLogs(aws, { ...how, groups: new Map([...(known?.functions ?? [])].map(([name, { logGroup }]) => [name, logGroup])), from: host.now(), signal: host.signal, now: host.now, wait }),
    functions: () => [...(known?.functions.keys() ?? [])],
    drift: () => Object.entries(known?.memory.functions ?? {}).flatMap(([name, { sentAt }]) => (sentAt === undefined ? [] : [{ name, sentAt }])),
  };
}

async function readModel({ host, build }: Parts): Promise<Model> {
  const given = { template: build.template, profile: build.profile, parameterOverrides: build.parameterOverrides };
  return resolveModel(await openProject(host, { folder: build.folder, allowsBrokenDockerfiles: true, ...given }), given);
}

function usersOf(model: Model | undefined, layer: string): readonly string[] {
  return (model?.functions ?? []).filter((fn) => fn.layers.some((one) => one.kind === 'own' && one.fullPath === layer)).map((fn) => fn.fullPath);
}

function digestIn({ image, zip }: FunctionReport): string {
  return image?.digest ?? zip?.sha256 ?? '';
}

/** Compares stack and template, deploys where they differ, and learns what the functions run. */
async function agree(parts: Parts, { report, template, known, client }: { readonly report: BuildReport; readonly template: string; readonly known: Known | undefined; readonly client: Parameters<typeof deploy>[1]['client'] }): Promise<Known> {
  const { host, build, onEvent, target, aws } = parts;
  const started = host.now();
  const stack = await describeStack(aws, target.stackName);
  if (stack) refuseProductionStack(target, stack);
  const deployed = stack && (await originalTemplate(aws, target.stackName));
  const differences = stack && deployed !== undefined ? [...templateDifferences(template, deployed), ...parameterDifferences(target.parameters, stack.parameters)] : [];
  const mustDeploy = !stack || deployed === undefined || differences.length > 0 || /ROLLBACK_COMPLETE|_FAILED$|REVIEW_IN_PROGRESS/u.test(stack.status) && !/^UPDATE_ROLLBACK_COMPLETE$/u.test(stack.status);
  if (mustDeploy) {
    if (differences.length > 0) onEvent({ kind: 'differs', stack: target.stackName, differences });
    onEvent({ kind: 'deploying', stack: target.stackName, why: !stack ? 'it is not there' : differences.length > 0 ? 'the template has changed' : `it is ${stack.status}` });
    await deploy(host, { target, build, region: aws.region, hasImages: report.functions.some((one) => one.image), client, onLine: (text) => onEvent({ kind: 'deploy-line', text }) });
    onEvent({ kind: 'deployed', stack: target.stackName, ms: host.now() - started });
  }
  const now = mustDeploy ? await describeStack(aws, target.stackName) : stack;
  if (!now) throw failure('aws/not-found', `the stack ${target.stackName} is not there after its deployment`, { next: `run \`sam deploy --config-env ${target.profile}\` and read what it says` });
  const found = await readDeployed(aws, target.stackName);
  const functions = await readFunctions(aws, found);
  const memory = settle(parts, { memory: readMemory(build.folder, target.stackName, now.id), report, functions, isDeployed: mustDeploy, isFirst: !known });
  writeMemory(build.folder, target.stackName, memory);
  onEvent({ kind: 'ready', stack: target.stackName, region: aws.region, functions: functions.size });
  return { template, deployed: found, functions, memory };
}

async function readFunctions(aws: AwsClient, { functions }: Deployed): Promise<Map<string, CloudFunction>> {
  return new Map(await inParallel([...functions], 6, async ([name, physical]) => [name, await getFunction(aws, physical)] as const));
}

/**
 * What may be believed of earlier sends: that a function still runs what Lambda called the code then. After a deployment all
 * run what was built; a layer is known only from then.
 */
function settle(
  { onEvent }: Parts,
  { memory, report, functions, isDeployed, isFirst }: { readonly memory: CloudMemory; readonly report: BuildReport; readonly functions: ReadonlyMap<string, CloudFunction>; readonly isDeployed: boolean; readonly isFirst: boolean },
): CloudMemory {
  const entries = report.functions.flatMap((one): readonly (readonly [string, CloudMemory['functions'][string]])[] => {
    const digest = digestIn(one);
    const cloud = functions.get(one.name);
    const runs = cloud && (cloud.imageUri ?? cloud.codeSha256);
    if (isDeployed) return [[one.name, { local: digest, cloud: runs ?? '' }]];
    const kept = memory.functions[one.name];
    if (one.package === 'layer') return kept ? [[one.name, kept]] : [[one.name, { local: digest, cloud: '' }]];
    if (runs !== undefined && isSame(digest, runs)) return [[one.name, kept?.local === digest ? kept : { local: digest, cloud: runs }]];
    if (kept && kept.cloud === runs) return [[one.name, kept]];
    if (kept && isFirst) onEvent({ kind: 'foreign', name: one.name });
    return [];
  });
  return { ...memory, functions: Object.fromEntries(entries) };
}

/** Lambda tells a zip's sha256 in base64, an image by its digest. */
function isSame(local: string, cloud: string): boolean {
  return local !== '' && cloud !== '' && (cloud.endsWith(local) || Buffer.from(cloud, 'base64').toString('hex') === local);
}
