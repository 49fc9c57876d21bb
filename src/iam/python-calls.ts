import type { SourceFile } from '../base/source.ts';
import { actionsFor, callsByParameters, doubtsOfCall, needsOf, type SdkCall } from './call-needs.ts';
import { argumentsOf, closing, isMark, isName, nameText, operationKey, stringValue, valuesGiven, type CodeToken, type TokenRange } from './code-tokens.ts';
import type { CodePlace, Doubt, NamedBy, Usage } from './need.ts';
import { pythonNames, type Names } from './python-names.ts';
import { resourceMethods, sdkServices, waiters } from './sdk-services.ts';

/** A Python file in tokens. */
export interface PythonCode {
  readonly source: SourceFile;
  readonly tokens: readonly CodeToken[];
}

interface Clients {
  /** boto3's service name → how it is used. */
  readonly services: Map<string, Set<'client' | 'resource'>>;
  /** Names that clients are assigned to, with the service. */
  readonly names: Map<string, string>;
  readonly doubts: Doubt[];
}

/**
 * What Python code may call through boto3. Sound rather than exact: once a client of a service exists anywhere in the code,
 * every attribute named like an operation of it counts as a call, whatever it is an attribute of.
 */
export function pythonUsage(files: readonly PythonCode[]): Usage {
  const names = pythonNames(files.map(({ tokens }) => tokens));
  const clients = clientsOf(files, names);
  const calls = files.flatMap((file) => callsIn(file, { files, names, clients }));
  const words = new Set(files.flatMap(({ tokens }) => tokens.map((token) => operationKey(nameText(token) || (stringValue(token) ?? '')))));
  return { needs: needsOf([...calls, ...callsByParameters(calls, words)], words.has('indexname')), doubts: [...clients.doubts, ...calls.flatMap(doubtsOfCall)], services: [...clients.services.keys()], files: files.map(({ source }) => source) };
}

const sessionParts = new Set(['client', 'resource', 'session', 'Session', 'set_stream_logger', 'setup_default_session', 'exceptions', 'dynamodb', 's3']);

function clientsOf(files: readonly PythonCode[], names: Names): Clients {
  const clients: Clients = { services: new Map(), names: new Map(), doubts: [] };
  const usesBoto = files.some(({ tokens }) => tokens.some((token) => isName(token, 'boto3') || isName(token, 'botocore')));
  if (!usesBoto) return clients;
  for (const file of files) {
    const imported = importedFromBoto(file.tokens);
    for (let i = 0; i < file.tokens.length; i++) {
      const text = nameText(file.tokens[i]);
      if (text === 'boto3') noteModule(file, i, clients);
      const isFactory = (text === 'client' || text === 'resource') && isMark(file.tokens[i + 1], '(') && (isMark(file.tokens[i - 1], '.') || imported.has(text)) && !isName(file.tokens[i - 1], 'def');
      if (isFactory) noteClient(file, i, names, clients);
      else if (isHandedOn(file.tokens, i)) clients.doubts.push({ services: ['*'], why: `${text} is handed on, so that the service cannot be told`, at: placeOf(file, i) });
    }
  }
  return clients;
}

function placeOf({ source, tokens }: PythonCode, i: number): CodePlace {
  return { file: source, span: tokens[i]?.span ?? { start: 0, end: 0 } };
}

/** `partial(boto3.client, …)`, and `from boto3 import client as …`. */
function isHandedOn(tokens: readonly CodeToken[], i: number): boolean {
  if (!isName(tokens[i], 'client') && !isName(tokens[i], 'resource')) return false;
  const start = statementStart(tokens, i);
  if (isName(tokens[start], 'from')) return isName(tokens[start + 1], 'boto3') && isName(tokens[i + 1], 'as');
  return isMark(tokens[i - 1], '.') && /^boto3$|session/iu.test(nameText(tokens[i - 2])) && !isMark(tokens[i + 1], '(');
}

function importedFromBoto(tokens: readonly CodeToken[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (let i = 0; i < tokens.length; i++) {
    if (!isName(tokens[i], 'from') || !isName(tokens[i + 1], 'boto3') || !isName(tokens[i + 2], 'import')) continue;
    for (let at = i + 3; at < tokens.length && tokens[at]?.kind !== 'end'; at++) found.add(nameText(tokens[at]));
  }
  return found;
}

/** The module itself handed on, or an attribute of it that is none of the common ones. */
function noteModule({ source, tokens }: PythonCode, at: number, { doubts }: Clients): void {
  const start = statementStart(tokens, at);
  if (isName(tokens[start], 'import') || isName(tokens[start], 'from') || isMark(tokens[at - 1], '.')) return;
  const span = tokens[at]?.span ?? { start: 0, end: 0 };
  if (isMark(tokens[at + 1], '.') && sessionParts.has(nameText(tokens[at + 2]))) return;
  doubts.push({ services: ['*'], why: 'boto3 is used in a way that does not tell the service', at: { file: source, span } });
}

function noteClient({ source, tokens }: PythonCode, at: number, names: Names, { services, names: clientNames, doubts }: Clients): void {
  const [first] = argumentsOf(tokens, at + 1);
  const given = valuesGiven(tokens, at + 1, 'service_name')[0] ?? first;
  const value = given && names.resolve(given);
  const place: CodePlace = { file: source, span: { start: tokens[at]?.span.start ?? 0, end: tokens[closing(tokens, at + 1)]?.span.end ?? 0 } };
  const how = nameText(tokens[at]) === 'client' ? 'client' : 'resource';
  if (!value || value.some((one) => one.kind !== 'text')) {
    doubts.push({ services: ['*'], why: 'the service of a client is not written in the code', at: place });
    return;
  }
  for (const one of value) {
    const service = one.kind === 'text' ? one.text : '';
    if (!Object.hasOwn(sdkServices, service) || (how === 'resource' && !Object.hasOwn(resourceMethods, service))) {
      doubts.push({ services: ['*'], why: `what ${service} needs is not known to shear`, at: place });
      continue;
    }
    services.set(service, new Set([...(services.get(service) ?? []), how]));
    if (how === 'client') noteNames(tokens, at, service, clientNames);
  }
}

function statementStart(tokens: readonly CodeToken[], at: number): number {
  let start = at;
  while (start > 0 && tokens[start - 1]?.kind !== 'end') start -= 1;
  return start;
}

function noteNames(tokens: readonly CodeToken[], at: number, service: string, names: Map<string, string>): void {
  for (let i = statementStart(tokens, at); i < at; i++) if (isMark(tokens[i + 1], '=') && tokens[i]?.kind === 'name') names.set(nameText(tokens[i]), service);
}

interface Around {
  readonly files: readonly PythonCode[];
  readonly names: Names;
  readonly clients: Clients;
}

const byLiteral = new Set(['get_paginator', 'get_waiter', 'generate_presigned_url', 'getattr', 'can_paginate', 'hasattr', 'methodcaller']);
const clientParts = new Set([...byLiteral, 'meta', 'exceptions', 'close', 'generate_presigned_post', 'waiter_names']);

function callsIn(file: PythonCode, around: Around): readonly SdkCall[] {
  const { tokens, source } = file;
  const calls: SdkCall[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const text = nameText(tokens[i]);
    const at = placeOf(file, i);
    calls.push(...callsInText(tokens[i], source, at, around));
    if (text === '') continue;
    if (byLiteral.has(text) && isMark(tokens[i + 1], '(')) calls.push(...namedCalls(file, i, around));
    if (isMark(tokens[i - 1], '.')) calls.push(...attributeCalls(file, i, at, around));
    noteCredentials(tokens, i, at, around.clients);
  }
  return calls;
}

/** What stands in the braces of an f-string. */
function callsInText(token: CodeToken | undefined, source: SourceFile, at: CodePlace, { clients }: Around): readonly SdkCall[] {
  if (token?.kind !== 'string' || token.value !== undefined || clients.services.size + clients.doubts.length === 0) return [];
  const names = Array.from(source.text.slice(token.span.start, token.span.end).matchAll(/\.\s*([A-Za-z_]\w*)/gu), (match) => match[1] ?? '');
  if (names.includes('client') || names.includes('resource')) clients.doubts.push({ services: ['*'], why: 'a client is made within an f-string', at });
  return names.flatMap((name) => [...clients.services].flatMap(([service, hows]): readonly SdkCall[] => {
    const actions = actionsFor(service, name, hows.has('resource') ? 'resource' : 'client');
    return actions ? [{ service, call: name, actions, at, on: undefined }] : [];
  }));
}

function attributeCalls({ tokens }: PythonCode, i: number, at: CodePlace, around: Around): readonly SdkCall[] {
  const text = nameText(tokens[i]);
  const calls: SdkCall[] = [];
  for (const [service, hows] of around.clients.services) {
    const actions = actionsFor(service, text, hows.has('resource') ? 'resource' : 'client');
    if (!actions) {
      if (around.clients.names.get(nameText(tokens[i - 2])) === service && !clientParts.has(text)) around.clients.doubts.push({ services: ['*'], why: `${text} is no operation of ${service} that shear knows`, at });
      continue;
    }
    const open = isMark(tokens[i + 1], '(') ? i + 1 : undefined;
    calls.push({ service, call: text, actions, at, on: namedIn(service, text, { tokens, open }, around) });
  }
  return calls;
}

/** `get_paginator('list_objects_v2')` and the like: an operation by a literal. */
function namedCalls({ tokens, source }: PythonCode, i: number, { clients, names, files }: Around): readonly SdkCall[] {
  const how = nameText(tokens[i]);
  const given = argumentsOf(tokens, i + 1);
  const argument = how.endsWith('attr') ? given[1] : (valuesGiven(tokens, i + 1, 'ClientMethod')[0] ?? given[0]);
  const value = argument && names.resolve(argument);
  const at: CodePlace = { file: source, span: tokens[i]?.span ?? { start: 0, end: 0 } };
  if (!value || value.some(({ kind }) => kind === 'variable')) {
    if (how !== 'hasattr' && clients.services.size > 0) clients.doubts.push({ services: ['*'], why: `${how} takes a name that the text does not tell`, at });
    return [];
  }
  return value.flatMap((one) => {
    const text = one.kind === 'text' ? one.text : '';
    const name = how === 'get_waiter' ? (waiters[operationKey(text)] ?? text) : text;
    return [...clients.services.keys()].flatMap((service): readonly SdkCall[] => {
      const actions = actionsFor(service, name, 'client');
      const carriers = how === 'get_paginator' ? 'paginate' : how === 'get_waiter' ? 'wait' : undefined;
      const sites = carriers === undefined ? [{ tokens, open: how === 'generate_presigned_url' ? i + 1 : undefined }] : sitesOf(files, carriers);
      return actions ? [{ service, call: text, actions, at, on: joined(sites.map((site) => namedIn(service, name, site, { files, names, clients }))) }] : [];
    });
  });
}

function sitesOf(files: readonly PythonCode[], name: string): readonly Site[] {
  return files.flatMap(({ tokens }) => tokens.flatMap((token, i) => (isName(token, name) && isMark(tokens[i - 1], '.') ? [{ tokens, open: isMark(tokens[i + 1], '(') ? i + 1 : undefined }] : [])));
}

interface Site {
  readonly tokens: readonly CodeToken[];
  /** Of the bracket that opens its arguments. */
  readonly open: number | undefined;
}

/** Where transfers take the bucket by position. Source: boto3's reference, S3 client. */
const bucketPosition: Readonly<Record<string, number>> = { upload_file: 1, upload_fileobj: 1, download_file: 0, download_fileobj: 0 };
/** Classes of boto3's resource objects whose first argument names what calls act on. */
const constructors: Readonly<Record<string, readonly string[]>> = { s3: ['Bucket', 'Object', 'ObjectSummary', 'ObjectVersion', 'MultipartUpload'], dynamodb: ['Table'], sqs: ['Queue'], sns: ['Topic'] };

function namedIn(service: string, call: string, site: Site, { files, names, clients }: Around): readonly NamedBy[] | undefined {
  const parameter = sdkServices[service]?.parameter;
  if (parameter === undefined) return undefined;
  const isByResource = clients.services.get(service)?.has('resource') === true;
  const { tokens, open } = site;
  const given = open === undefined ? [] : valuesGiven(tokens, open, parameter);
  const position = bucketPosition[call];
  const placed = given.length === 0 && service === 's3' && position !== undefined && open !== undefined && !isByResource ? argumentsOf(tokens, open)[position] : undefined;
  const own = placed ? [placed] : given;
  if (own.length > 0) return joined(own.map(names.resolve));
  if (!isByResource) return undefined;
  const made = (constructors[service] ?? []).flatMap((name) => sitesOf(files, name));
  return made.length === 0 ? undefined : joined(made.map((one) => firstArgument(one, names)));
}

function firstArgument({ tokens, open }: Site, names: Names): readonly NamedBy[] | undefined {
  const argument: TokenRange | undefined = open === undefined ? undefined : argumentsOf(tokens, open)[0];
  return argument && !isMark(tokens[argument.from + 1], '=') ? names.resolve(argument) : undefined;
}

function joined(all: readonly (readonly NamedBy[] | undefined)[]): readonly NamedBy[] | undefined {
  return all.length > 0 && all.every((one) => one !== undefined) ? all.flat() : undefined;
}

/** Whoever takes the credentials can sign any request with them. */
function noteCredentials(tokens: readonly CodeToken[], i: number, at: CodePlace, { doubts }: Clients): void {
  const text = nameText(tokens[i]);
  if (/^(?:get_credentials|get_frozen_credentials|SigV4Auth|S3SigV4Auth|SigV4QueryAuth|RequestSigner|AWSRequest|AWS4Auth|AWSV4SignerAuth|Urllib3AWSV4SignerAuth|BotoAWSRequestsAuth|_make_api_call|create_client)$/u.test(text)) {
    doubts.push({ services: ['*'], why: `${text} can sign any request`, at });
  } else if (text === 'eval' && isMark(tokens[i + 1], '(') && !isMark(tokens[i - 1], '.')) {
    doubts.push({ services: ['*'], why: 'eval runs code that the text does not show', at });
  }
}
