import { createAwsClient } from '../../aws/client.ts';
import { describeStack } from '../../aws/cloudformation.ts';
import { findCredentials } from '../../aws/credentials.ts';
import { getFunction } from '../../aws/lambda.ts';
import { filterLogEvents } from '../../aws/logs.ts';
import { findRegion } from '../../aws/region.ts';
import { failure } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import { unknownFunction } from '../../model/unknown-function.ts';
import { openProject } from '../../project/open.ts';
import { inParallel } from '../../registry/push-image.ts';
import { waitOn, type Wait } from '../../registry/transport.ts';
import type { BuildRequest } from '../unchanged-build.ts';
import { readDeployed } from './deployed.ts';
import { stackOf } from './target.ts';
import { tailLogs, type TailedLine } from './tail.ts';

/** What `shear logs` was asked for. */
export interface LogsRequest {
  readonly project: Pick<BuildRequest, 'folder' | 'template' | 'profile' | 'parameterOverrides'>;
  /** Full paths; all when empty. */
  readonly only: readonly string[];
  /** Milliseconds since the epoch. */
  readonly from: number;
  /** CloudWatch's filter pattern. */
  readonly pattern: string | undefined;
  readonly isTail: boolean;
  readonly mayBeLive: boolean;
  readonly onNames: (names: readonly string[]) => void;
  readonly onLines: (lines: readonly TailedLine[]) => void;
  readonly onWay: (way: 'live' | 'polling', why: string | undefined) => void;
  readonly wait?: Wait;
}

/** Reads, or follows, the logs of a stack's functions. Looks only: any profile will do. */
export async function readLogs(host: Host, request: LogsRequest): Promise<void> {
  const { project: given, only, wait = waitOn(host.signal) } = request;
  const project = await openProject(host, { ...given, allowsBrokenDockerfiles: true, refusesMissingProfile: true });
  const target = stackOf(project, given.profile, given.parameterOverrides);
  const region = findRegion(host, { given: target.region, profile: target.awsProfile });
  const aws = createAwsClient(host, { region, profile: target.awsProfile, credentials: findCredentials(host, target.awsProfile), wait });
  if (!(await describeStack(aws, target.stackName))) throw failure('aws/not-found', `there is no stack ${target.stackName} in ${region}`, { next: `deploy it with \`sam deploy --config-env ${target.profile}\`, or choose another profile with --profile` });
  const { functions } = await readDeployed(aws, target.stackName);
  const unknown = only.find((name) => !functions.has(name));
  if (unknown !== undefined) throw unknownFunction(unknown, [...functions.keys()], { owner: target.stackName });
  const chosen = [...functions].filter(([name]) => only.length === 0 || only.includes(name));
  const groups = new Map(await inParallel(chosen, 6, async ([name, physical]) => [name, (await getFunction(aws, physical)).logGroup] as const));
  request.onNames([...groups.keys()]);
  if (request.isTail) {
    await tailLogs(aws, { groups, from: request.from, signal: host.signal, now: host.now, wait, onLines: request.onLines, onWay: request.onWay, mayBeLive: request.mayBeLive && request.pattern === undefined });
    return;
  }
  const found = await inParallel([...groups], 6, async ([name, group]) => (await filterLogEvents(aws, group, { from: request.from, pattern: request.pattern })).map(({ time, text }) => ({ name, time, text: text.replace(/[\r\n]+$/u, '') })));
  request.onLines(found.flat().toSorted((a, b) => a.time - b.time));
}
