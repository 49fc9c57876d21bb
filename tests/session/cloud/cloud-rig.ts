import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BuildReport } from '../../../src/build/report.ts';
import { build, type BuildOptions } from '../../../src/session/build.ts';
import type { CloudEvent } from '../../../src/base/cloud-event.ts';
import { openCloudSession, type CloudSession } from '../../../src/session/cloud/session.ts';
import { testHost } from '../../support/host.ts';
import { startCloud, type CloudStandIn } from '../../support/cloud.ts';
import type { Host } from '../../../src/base/host.ts';

/** A project, a stand-in of AWS that has its stack, and a session between them. */
export interface CloudRig extends AsyncDisposable {
  readonly folder: string;
  readonly cloud: CloudStandIn;
  readonly events: readonly CloudEvent[];
  readonly host: Host;
  /** Waits that the session asked for, milliseconds; none of them takes any time. */
  readonly waits: readonly number[];
  readonly write: (path: string, text: string) => void;
  readonly open: () => Promise<CloudSession>;
  readonly build: () => Promise<BuildReport>;
  /** A build that is sent, to its end; gives the names of the calls that it took. */
  readonly save: (session: CloudSession) => Promise<readonly string[]>;
}

export const template = `Transform: AWS::Serverless-2016-10-31
Parameters: { Stage: { Type: String, Default: dev } }
Globals: { Function: { Runtime: python3.12, Handler: app.handler } }
Resources:
  First: { Type: AWS::Serverless::Function, Properties: { CodeUri: first, AutoPublishAlias: live, MemorySize: 256 } }
  Second: { Type: AWS::Serverless::Function, Properties: { CodeUri: second, Layers: [!Ref Shared] } }
  Shared: { Type: AWS::Serverless::LayerVersion, Metadata: { BuildMethod: python3.12 }, Properties: { ContentUri: shared, CompatibleRuntimes: [python3.12] } }
`;

const samconfig = `version = 0.1
[default.deploy.parameters]
stack_name = "shop"
[dev.deploy.parameters]
stack_name = "shop-dev"
region = "eu-west-1"
s3_bucket = "artefacts"
parameter_overrides = { Stage = "dev" }
[prod.deploy.parameters]
stack_name = "shop-main"
`;

/** @param env over that of the session; keys are static without it. */
export async function startRig(env: Readonly<Record<string, string>> = {}): Promise<CloudRig> {
  const root = mkdtempSync(join(tmpdir(), 'shear-cloud-'));
  const folder = join(root, 'shop');
  const cloud = await startCloud();
  const events: CloudEvent[] = [];
  const waits: number[] = [];
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const [path, text] of Object.entries({ 'template.yaml': template, 'samconfig.toml': samconfig, 'first/app.py': 'def handler(e, c): return 1\n', 'second/app.py': 'def handler(e, c): return 2\n', 'shared/shared.py': 'X = 1\n' })) write(path, text);
  let time = 1_700_000_000_000;
  const host = testHost({ env: { HOME: root, AWS_ENDPOINT_URL: cloud.url, AWS_ACCESS_KEY_ID: 'AKONE', AWS_SECRET_ACCESS_KEY: 'secret', SHEAR_SAM: join(root, 'sam'), PATH: process.env['PATH'], ...env }, cwd: folder, cacheFolder: join(root, 'cache'), now: () => (time += 1) });
  const options: BuildOptions = { folder, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: false, upgrade: [], outputs: 'sam' };
  const rig: CloudRig = {
    folder, cloud, events, waits, host, write,
    open: () => openCloudSession(host, { build: options, onEvent: (event) => void events.push(event), wait: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    } }),
    build: () => build(host, options),
    save: async (session) => {
      const before = cloud.calls.length;
      await session.update(await build(host, options));
      await session.settled();
      return cloud.calls.slice(before).map(({ name }) => name);
    },
    [Symbol.asyncDispose]: async () => {
      await cloud[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
  return rig;
}

/** The stack as a deployment of what is built now would have left it. */
export async function deployed(rig: CloudRig): Promise<void> {
  const report = await rig.build();
  rig.cloud.stack = {
    template: readFileSync(report.template, 'utf8').replaceAll(/"?CodeUri"?: "(\w+)"/gu, 'CodeUri: s3://artefacts/$1'), parameters: { Stage: 'dev' },
    resources: [
      ['First', 'shop-dev-First-A1', 'AWS::Lambda::Function'], ['FirstAliaslive', 'arn:aws:lambda:eu-west-1:1:function:shop-dev-First-A1:live', 'AWS::Lambda::Alias'],
      ['Second', 'shop-dev-Second-B2', 'AWS::Lambda::Function'], ['Shared0123456789', 'arn:aws:lambda:eu-west-1:1:layer:Shared:7', 'AWS::Lambda::LayerVersion'],
    ],
  };
  for (const [physical, name] of [['shop-dev-First-A1', 'First'], ['shop-dev-Second-B2', 'Second']] as const) {
    const sha256 = report.functions.find((one) => one.name === name)?.zip?.sha256 ?? '';
    rig.cloud.code.set(physical, { sha: Buffer.from(sha256, 'hex').toString('base64'), layers: ['arn:aws:lambda:eu-west-1:1:layer:Shared:7', 'arn:aws:lambda:eu-west-1:9:layer:Other:3'] });
  }
}
