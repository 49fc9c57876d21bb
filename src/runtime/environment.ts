import { randomBytes } from 'node:crypto';
import type { Host } from '../base/host.ts';
import type { DebugSettings } from './debugging.ts';

/** A function as far as its execution environment must know it. */
export interface FunctionSettings {
  /** As `AWS_LAMBDA_FUNCTION_NAME` gives it. */
  readonly name: string;
  /** Mebibytes. */
  readonly memory: number;
  /** Seconds. */
  readonly timeout: number;
  /** Mebibytes of /tmp. */
  readonly ephemeralStorage: number;
  /** The function's own Environment, resolved. */
  readonly environment: Readonly<Record<string, string>>;
  /** Held to the share of the processor that its memory buys on Lambda, where this system can. */
  readonly limitsCpu?: boolean | undefined;
  /** Set where a debugger may come to this very process. */
  readonly debug?: DebugSettings | undefined;
  /** Absolute: a folder that comes first on the PATH of a plain process; elsewhere nothing sees it. */
  readonly programs?: string | undefined;
}

/** Where the parts of the artefact are, as the function's process sees them. */
export interface EnvironmentPlaces {
  /** `/var/task`, or the unpacked folder of a plain process. */
  readonly taskRoot: string;
  readonly runtimeFolder: string;
  /** `/opt`, or the folder that stands for it. */
  readonly optFolder: string;
  /** Folders after the artefact's own on PATH and LD_LIBRARY_PATH. */
  readonly systemPath: readonly string[];
  readonly systemLibraries: readonly string[];
}

/** What is set by the kind of artefact. */
export type EnvironmentKind =
  | { readonly kind: 'zip'; readonly runtime: string; readonly handler: string; readonly places: EnvironmentPlaces }
  /** `variables`: the Env of the image's config. `handler`: what the Cmd names, for extensions and the runtime. */
  | { readonly kind: 'image'; readonly handler: string; readonly variables: Readonly<Record<string, string>> };

/** What names one execution environment. */
export interface EnvironmentName {
  /** `2026/11/24/[$LATEST]` and 32 hex digits, unique. */
  readonly logStream: string;
  readonly region: string;
  /** The 12 digits of the account in ARNs. */
  readonly account: string;
}

/** Stands in for an account that is not known, the one of Lambda's own emulator. */
export const standInAccount = '012345678912';

const credentialNames = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;

/**
 * The host's own variables that a locally run function gets besides Lambda's: credentials, and the endpoints
 * of local doubles of AWS services (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`, …).
 */
const passedOn = /^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|CA_BUNDLE|ENDPOINT_URL(?:_[A-Z0-9_]+)?)$/u;

/** Names a new environment: log stream as Lambda makes them, region of the host's AWS set-up. */
export function nameEnvironment(host: Host): EnvironmentName {
  const day = new Date(host.now()).toISOString().slice(0, 10).replaceAll('-', '/');
  const region = host.env['AWS_REGION'] ?? host.env['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  return { logStream: `${day}/[$LATEST]${randomBytes(16).toString('hex')}`, region, account: standInAccount };
}

/** The function's ARN, unqualified. */
export function functionArn(name: EnvironmentName, functionName: string): string {
  return `arn:aws:lambda:${name.region}:${name.account}:function:${functionName}`;
}

/**
 * All variables of a function's process, and nothing else of the host's than `passedOn` names.
 * Later groups win: Lambda's defaults, the image's Env, the host's AWS variables, the function's own
 * Environment, then those that Lambda reserves.
 *
 * | variables | source |
 * | --- | --- |
 * | reserved and unreserved ones, their values | Lambda developer guide, "Defined runtime environment variables" |
 * | AWS_EXECUTION_ENV for zip only | same page; images set it in their own bootstrap |
 * | search order of LD_LIBRARY_PATH and PATH: system, then task root, then /opt | same page |
 * | log group and stream, TZ, credentials | what a deployed function prints |
 */
export function functionVariables(
  host: Host,
  settings: FunctionSettings,
  options: { readonly name: EnvironmentName; readonly api: string; readonly artefact: EnvironmentKind },
): Record<string, string> {
  const { name, artefact } = options;
  return {
    ...defaults(artefact),
    ...(artefact.kind === 'image' ? artefact.variables : {}),
    ...hostVariables(host),
    ...settings.environment,
    ...(artefact.kind === 'zip' ? zipReserved(artefact) : {}),
    _HANDLER: artefact.handler,
    AWS_REGION: name.region,
    AWS_DEFAULT_REGION: name.region,
    AWS_LAMBDA_FUNCTION_NAME: settings.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memory),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${settings.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: name.logStream,
    AWS_LAMBDA_RUNTIME_API: options.api,
  };
}

/** True when the function will call AWS with made-up credentials, because the host has none in its environment. */
export function hasNoCredentials(host: Host, settings: FunctionSettings): boolean {
  return host.env['AWS_ACCESS_KEY_ID'] === undefined && settings.environment['AWS_ACCESS_KEY_ID'] === undefined;
}

/** What the program of a container engine needs of the host's environment. */
export function engineVariables(host: Host): Record<string, string> {
  const wanted = /^(?:PATH|HOME|XDG_RUNTIME_DIR|DOCKER_.+|FINCH_.+)$/u;
  return Object.fromEntries(Object.entries(host.env).flatMap(([name, value]) => (value !== undefined && wanted.test(name) ? [[name, value]] : [])));
}

function hostVariables(host: Host): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(host.env)) {
    if (value !== undefined && passedOn.test(name)) passed[name] = value;
  }
  if (passed['AWS_ACCESS_KEY_ID'] === undefined) {
    for (const name of credentialNames) passed[name] = 'local';
  }
  return passed;
}

function defaults(artefact: EnvironmentKind): Record<string, string> {
  const common = { LANG: 'en_US.UTF-8', TZ: ':UTC', AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR' };
  if (artefact.kind === 'image') {
    return { ...common, PATH: '/usr/local/bin:/usr/bin:/bin:/opt/bin', LAMBDA_TASK_ROOT: '/var/task', LAMBDA_RUNTIME_DIR: '/var/runtime' };
  }
  const { taskRoot, runtimeFolder, optFolder, systemPath, systemLibraries } = artefact.places;
  const libraries = [...systemLibraries, runtimeFolder, `${runtimeFolder}/lib`, taskRoot, `${taskRoot}/lib`, `${optFolder}/lib`];
  return {
    ...common,
    PATH: [...systemPath, `${optFolder}/bin`].join(':'),
    LD_LIBRARY_PATH: libraries.join(':'),
    ...languageVariables(artefact.runtime, artefact.places),
  };
}

function languageVariables(runtime: string, places: EnvironmentPlaces): Record<string, string> {
  const { optFolder, runtimeFolder } = places;
  if (runtime.startsWith('python')) return { PYTHONPATH: runtimeFolder };
  const node = /^nodejs(\d+)/u.exec(runtime)?.[1];
  if (node === undefined) return {};
  const folders = [`${optFolder}/nodejs/node${node}/node_modules`, `${optFolder}/nodejs/node_modules`, `${runtimeFolder}/node_modules`];
  return { NODE_PATH: [...folders, runtimeFolder, places.taskRoot].join(':') };
}

function zipReserved(artefact: Extract<EnvironmentKind, { kind: 'zip' }>): Record<string, string> {
  return {
    AWS_EXECUTION_ENV: `AWS_Lambda_${artefact.runtime}`,
    LAMBDA_TASK_ROOT: artefact.places.taskRoot,
    LAMBDA_RUNTIME_DIR: artefact.places.runtimeFolder,
  };
}
