import { actionsOf } from './action-table.ts';
import { operationKey } from './code-tokens.ts';
import type { CodePlace, Doubt, NamedBy, Need, Part } from './need.ts';
import { parameterNeeds, resourceMethods, sdkServices, type SdkService } from './sdk-services.ts';

/** A call of an SDK, or something that may be one. */
export interface SdkCall {
  /** boto3's name of the service. */
  readonly service: string;
  /** As it is written. */
  readonly call: string;
  readonly actions: readonly string[];
  readonly on: readonly NamedBy[] | undefined;
  readonly at: CodePlace;
}

/**
 * The actions that an operation or method of a service needs; undefined for a name that is none of its own.
 * @param how `resource`: also the methods of boto3's resource objects.
 */
export function actionsFor(service: string, name: string, how: 'client' | 'resource'): readonly string[] | undefined {
  const known = sdkServices[service];
  if (!known) return undefined;
  const key = operationKey(name);
  const methods = how === 'resource' && Object.hasOwn(resourceMethods, service) ? resourceMethods[service] : undefined;
  if (methods && Object.hasOwn(methods, key)) return methods[key];
  if (Object.hasOwn(known.operations, key)) return known.operations[key];
  const action = namesOf(known).get(key);
  return action === undefined ? undefined : [`${known.prefix}:${action}`];
}

const byKey = new Map<string, ReadonlyMap<string, string>>();

function namesOf({ prefix }: SdkService): ReadonlyMap<string, string> {
  const before = byKey.get(prefix);
  if (before) return before;
  const names = new Map((actionsOf(prefix) ?? []).map(({ name }) => [name.toLowerCase(), name]));
  byKey.set(prefix, names);
  return names;
}

/** Calls as needs: one for each action and part, on all that any of its calls names. */
export function needsOf(calls: readonly SdkCall[], hasIndex: boolean): readonly Need[] {
  const found = new Map<string, Need>();
  for (const { service, call, actions, on, at } of calls) {
    for (const action of actions) {
      for (const part of partsOf(service, action, hasIndex)) {
        const key = `${action} ${part}`;
        const before = found.get(key);
        const isKnown = part === 'any' || on !== undefined;
        if (!before) found.set(key, { action, part, on: part === 'any' ? [] : on, at, call });
        else if (!isKnown && before.on) found.set(key, { ...before, on: undefined, at, call });
        else if (before.on && on) found.set(key, { ...before, on: distinct([...before.on, ...(part === 'any' ? [] : on)]) });
      }
    }
  }
  return [...found.values()];
}

/** `ACL=`, `Tagging=` and the like need actions of their own, on what the service's calls act on. */
export function callsByParameters(calls: readonly SdkCall[], words: ReadonlySet<string>): readonly SdkCall[] {
  return Object.entries(parameterNeeds).filter(([word]) => words.has(word)).flatMap(([, actions]): readonly SdkCall[] => {
    const prefix = (actions[0] ?? '').split(':')[0];
    const own = calls.filter((call) => call.actions.some((action) => action.startsWith(`${prefix}:`)));
    const [first] = own;
    return first ? [{ ...first, actions, on: own.every((call) => call.on) ? own.flatMap((call) => call.on ?? []) : undefined }] : [];
  });
}

function distinct(names: readonly NamedBy[]): readonly NamedBy[] {
  return [...new Map(names.map((name) => [JSON.stringify(name), name])).values()];
}

function partsOf(service: string, action: string, hasIndex: boolean): readonly Part[] {
  const name = action.slice(action.indexOf(':') + 1);
  const known = actionsOf(action.slice(0, action.indexOf(':')))?.find((one) => one.name === name);
  if (known?.hasResource === false) return ['any'];
  if (service === 's3') return [s3Part(name)];
  if (service === 'dynamodb' && hasIndex && /^(?:Query|Scan|PartiQLSelect)$/u.test(name)) return ['table', 'index'];
  return [(sdkServices[service]?.part as Part | undefined) ?? 'unknown'];
}

/** Source: service authorization reference for S3, column "Resource types". */
function s3Part(name: string): Part {
  if (/^(?:AbortMultipartUpload|ListMultipartUploadParts|BypassGovernanceRetention)$/u.test(name)) return 'object';
  return name.includes('Object') && !/^(?:Get|Put|Delete)Bucket/u.test(name) ? 'object' : 'bucket';
}

/** Operations that are what they seem: they hand on no role and call nobody. */
const plainWrites = /^(?:createmultipartupload|createpresignedpost|put|putobject\w*|putitem|updateitem|putmetricdata|putrecords?|putrecordbatch|putevents|startexecution|startsyncexecution|putparameter|create(?:log|)(?:group|stream)|createloggroup|createlogstream|putlogevents|putsecretvalue|updatesecret\w*|startquery\w*|updatetimetolive|puttracesegments|puttelemetryrecords|createset|update)$/u;

/** What a call may need besides its own actions. */
export function doubtsOfCall({ service, call, on, at }: SdkCall): readonly Doubt[] {
  const key = operationKey(call).replace(/command$/u, '');
  const doubts: Doubt[] = [];
  const doubt = (services: readonly string[], why: string): void => void doubts.push({ services, why, at });
  const forwards = sdkServices[service]?.forwards;
  if (forwards) doubt(forwards, `${call} may act on other services with the function's permissions`);
  if (/^(?:create|update|register|put|start|associate|import|export|enable|replicate|restore|rotate|schedule)/u.test(key) && !plainWrites.test(key)) doubt(['iam', 'kms', ...(/^(?:create|put|register)/u.test(key) ? [sdkServices[service]?.prefix ?? '*'] : [])], `${call} may need permissions on what it names`);
  if (service === 'lambda' && !/^(?:invoke|get|list)/u.test(key)) doubt(['*'], `${call} may need permissions on what the function uses`);
  if (service === 'ssm' && !key.includes('parameter')) doubt(['*'], `${call} may act on other services with the function's permissions`);
  if (service === 'ssm' && /^getparameter/u.test(key) && !on) doubt(['secretsmanager'], `${call} reads parameters that the text does not tell, and a parameter can stand for a secret`);
  if (key === 'writegetobjectresponse') doubt(['s3-object-lambda'], `${call} belongs to S3 Object Lambda`);
  if (key === 'exporttabletopointintime' || key === 'importtable') doubt(['s3'], `${call} acts on a bucket`);
  return doubts;
}
