import { overridesIn, type SamParameter } from '../model/samconfig.ts';
import type { Stage } from '../model/stage-parameters.ts';
import type { Project } from '../project/project.ts';
import { get, stringOf } from '../syntax/yaml.ts';

/** A value of one profile that a profile for another stage must not take over. */
export interface StageBound {
  /** Of the option, or of the template's parameter. */
  readonly name: string;
  /** As written; undefined for what may be a secret. */
  readonly value: string | undefined;
}

/** Words in a value that say which stage it belongs to. */
const words: Readonly<Record<Stage, RegExp>> = {
  dev: /(?:^|[^a-z])(?:dev(?:elop(?:ment)?)?|sandbox)(?:$|[^a-z])/iu,
  prod: /(?:^|[^a-z])(?:prod(?:uction)?|prd|live)(?:$|[^a-z])/iu,
};

/** Words in a parameter's name for what exists once: whoever writes there writes to the same one. */
const resourceWords: ReadonlySet<string> = new Set([
  'table', 'bucket', 'queue', 'topic', 'stream', 'db', 'database', 'secret', 'domain', 'host', 'hostname', 'url', 'uri', 'endpoint', 'arn', 'cluster', 'pool',
  'bus', 'cache', 'redis', 'zone', 'certificate', 'dsn', 'connection', 'webhook', 'api', 'email', 'recipient', 'phone', 'index', 'instance', 'store', 'site', 'origin',
]);

const secretWords: ReadonlySet<string> = new Set(['password', 'token', 'key', 'secret', 'credential', 'credentials', 'dsn', 'webhook']);

/** Last words of names for a property of the resource, not the resource. */
const propertyWords: ReadonlySet<string> = new Set([
  'size', 'count', 'days', 'hours', 'minutes', 'seconds', 'timeout', 'class', 'type', 'mode', 'enabled', 'enable', 'limit', 'capacity', 'retention', 'region', 'runtime', 'version', 'units', 'engine', 'policy', 'format', 'rate', 'schedule',
]);

/** What only names code or rights that everybody shares. */
const shared = /^arn:[\w-]+:(?:lambda:[^:]*:\d+:layer:|iam::aws:)/u;

/** Options whose values name things of AWS, apart from the template's parameters. */
const options = /^(?:profile|role_arn|notification_arns|s3_bucket|s3_prefix|kms_key_id|image_repository|image_repositories|signing_profiles|metadata)$/u;

/** The other of the two stages. */
function otherOf(stage: Stage): Stage {
  return stage === 'dev' ? 'prod' : 'dev';
}

/** Whether an option's value belongs to the other stage as a whole: `profile = "production"`, parameters from a file that only that one reads. */
export function isBoundOption({ name, value }: SamParameter, stage: Stage): boolean {
  if (name === 'parameter_overrides') return stage === 'dev' && overridesIn(value) === undefined;
  return options.test(name) && words[otherOf(stage)].test(JSON.stringify(value));
}

/**
 * Whether the value that is passed for a template's parameter names something of the other stage's: by a word in it, or, for developers,
 * since it is the name, the address or the key of a resource and what is there may be production's.
 */
export function isBoundValue(name: string, value: string, stage: Stage, { templates }: Pick<Project, 'templates'>): boolean {
  if (words[otherOf(stage)].test(value)) return true;
  if (stage === 'prod' || value === '' || shared.test(value)) return false;
  const parameter = get(templates[0].document.root, 'Parameters', name);
  if (isSecret(name, { templates })) return !isSwitch(value);
  if (isSetting(value)) return false;
  if (get(parameter, 'AllowedValues') || (stringOf(get(parameter, 'Type')) ?? 'String') === 'Number') return false;
  if (/^arn:|:\/\/|\.amazonaws\.com\b/u.test(value)) return true;
  const named = nameWords(name);
  return !propertyWords.has(named.at(-1) ?? '') && !named.some((word) => word === 'enable' || word === 'create') && named.some((word) => resourceWords.has(word));
}

/** What is left out, to be told; never a secret. */
export function stageBound(name: string, value: string, project: Pick<Project, 'templates'>): StageBound {
  return { name, value: isSecret(name, project) ? undefined : value };
}

function isSecret(name: string, { templates }: Pick<Project, 'templates'>): boolean {
  const unshown = get(templates[0].document.root, 'Parameters', name, 'NoEcho');
  if (unshown?.kind === 'scalar' && String(unshown.value) === 'true') return true;
  const named = nameWords(name);
  return !propertyWords.has(named.at(-1) ?? '') && named.some((word) => secretWords.has(word));
}

/** A number, a switch or the like: no name. */
function isSetting(value: string): boolean {
  return /^-?\d+(?:\.\d+)?$/u.test(value) || isSwitch(value);
}

function isSwitch(value: string): boolean {
  return /^(?:true|false|yes|no|on|off|enabled?|disabled?|none)$/iu.test(value);
}

/** `OrdersTableName` → orders, table, name; `DB_URL` → db, url. */
function nameWords(name: string): readonly string[] {
  const parts = name.replace(/([a-z\d])([A-Z])/gu, '$1 $2').replace(/([A-Z]+)([A-Z][a-z])/gu, '$1 $2').split(/[^A-Za-z\d]+/u);
  return parts.map((part) => part.toLowerCase().replace(/(?<=[a-z]{3})s$/u, '')).filter((part) => part !== '');
}
