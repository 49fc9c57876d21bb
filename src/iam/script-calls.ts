import { actionsFor, callsByParameters, doubtsOfCall, needsOf, type SdkCall } from './call-needs.ts';
import { argumentsOf, closing, isMark, isName, nameText, operationKey, stringValue, valuesGiven, type CodeToken } from './code-tokens.ts';
import type { CodePlace, Doubt, NamedBy, Usage } from './need.ts';
import type { Names } from './python-names.ts';
import type { ReachableScripts, ScriptCode } from './reachable-scripts.ts';
import { scriptNames } from './script-names.ts';
import { documentMethods, plainParts, scriptWaiter, serviceOfClass } from './script-services.ts';
import { sdkServices, waiters } from './sdk-services.ts';

/**
 * What JavaScript may call through the AWS SDKs. Sound rather than exact: once a service's client is imported anywhere, every
 * command class and every attribute named like an operation of it counts as a call.
 */
export function scriptUsage({ files, services: imported, usesSecondVersion, doubts }: ReachableScripts): Usage {
  const found: Doubt[] = [...doubts];
  const services = new Set(imported);
  if (usesSecondVersion) for (const file of files) noteClasses(file, services, found);
  if (services.size === 0 && found.length === 0) return { needs: [], doubts: [], services: [], files: [] };
  const names = scriptNames(files.map(({ tokens }) => tokens));
  const words = new Set(files.flatMap(({ tokens }) => tokens.map((token) => operationKey(nameText(token) || (stringValue(token) ?? '')))));
  const calls = files.flatMap((file) => callsIn(file, { services, names, hasDocuments: words.has('documentclient') || words.has('dynamodbdocument'), doubts: found }));
  return { needs: needsOf([...calls, ...callsByParameters(calls, words)], words.has('indexname')), doubts: [...found, ...calls.flatMap(doubtsOfCall)], services: [...services], files: files.map(({ source }) => source) };
}

/** `new AWS.S3()`, and `new S3()` of `import { S3 } from 'aws-sdk'`. */
function noteClasses({ tokens, source }: ScriptCode, services: Set<string>, doubts: Doubt[]): void {
  const aliases = aliasesOf(tokens);
  for (let i = 0; i < tokens.length; i++) {
    const name = nameText(tokens[i]);
    const isModule = (at: number): boolean => /^aws$/iu.test(nameText(tokens[at])) || aliases.has(nameText(tokens[at]));
    const isPart = isMark(tokens[i - 1], '.') && isModule(i - 2);
    const service = serviceOfClass(name);
    if (service !== undefined) services.add(service);
    else if (isModule(i) && isMark(tokens[i + 1], '[')) doubts.push({ services: ['*'], why: `what ${name}[…] calls cannot be told`, at: { file: source, span: tokens[i]?.span ?? { start: 0, end: 0 } } });
    else if (isPart && /^[A-Z]/u.test(name) && !plainParts.has(name)) doubts.push({ services: ['*'], why: `what AWS.${name} calls is not known to shear`, at: { file: source, span: tokens[i]?.span ?? { start: 0, end: 0 } } });
  }
}

/** What a file calls the SDK's second version. */
function aliasesOf(tokens: readonly CodeToken[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (let i = 0; i < tokens.length; i++) {
    if (stringValue(tokens[i]) !== 'aws-sdk') continue;
    for (let at = i; at >= 0 && at > i - 14; at--) {
      if (/^(?:const|let|var|import|as)$/u.test(nameText(tokens[at])) && tokens[at + 1]?.kind === 'name') found.add(nameText(tokens[at + 1]));
    }
  }
  return found;
}

interface Around {
  readonly services: ReadonlySet<string>;
  readonly names: Names;
  /** Methods of a document client are short words that others have too. */
  readonly hasDocuments: boolean;
  readonly doubts: Doubt[];
}

function callsIn({ tokens, source }: ScriptCode, around: Around): readonly SdkCall[] {
  const calls: SdkCall[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const at: CodePlace = { file: source, span: tokens[i]?.span ?? { start: 0, end: 0 } };
    const text = nameText(tokens[i]);
    if (text === '' || isImported(tokens, i)) continue;
    if (/^(?:SignatureV4|fromNodeProviderChain|defaultProvider|getCredentials|aws4|Sigv4|AWS_SESSION_TOKEN|AWS_SECRET_ACCESS_KEY|eval)$/iu.test(text)) around.doubts.push({ services: ['*'], why: `${text} handles credentials itself`, at });
    if (/^(?:getSignedUrl|getSignedUrlPromise)$/u.test(text) && tokens[i + 2]?.kind === 'string') calls.push(...byName(stringValue(tokens[i + 2]) ?? '', tokens, i, at, around));
    const isAttribute = isMark(tokens[i - 1], '.');
    const name = isAttribute && !/Command$/u.test(text) ? text : className(text);
    if (name !== undefined) calls.push(...byName(name, tokens, i, at, around));
    if (isMark(tokens[i + 1], '[') && isComputedCall(tokens, i + 1)) around.doubts.push({ services: ['*'], why: `${text}[…] calls what the text does not tell`, at });
  }
  return calls;
}

/** `client[method](…)`, and `new commands[name](…)`. */
function isComputedCall(tokens: readonly CodeToken[], open: number): boolean {
  const close = closing(tokens, open);
  return isMark(tokens[close + 1], '(') && !(close === open + 2 && tokens[open + 1]?.kind === 'string');
}

/** `GetObjectCommand` → GetObject, `paginateScan` → Scan, `waitUntilObjectExists` → HeadObject, `Upload` of lib-storage. */
function className(text: string): string | undefined {
  const waiter = scriptWaiter.exec(text)?.[1];
  if (waiter !== undefined) return waiters[operationKey(waiter)] ?? waiter;
  const command = /^(\w+)Command$/u.exec(text)?.[1] ?? /^paginate(\w+)$/u.exec(text)?.[1];
  return command ?? (text === 'Upload' ? 'upload' : text === 'createPresignedPost' ? text : undefined);
}

/** Within the braces of an import, or of a require. */
function isImported(tokens: readonly CodeToken[], i: number): boolean {
  // Under another name its calls cannot be followed.
  if (isMark(tokens[i + 1], '(.:') || isName(tokens[i + 1], 'as')) return false;
  for (let at = i; at >= 0 && at > i - 120; at--) {
    if (isMark(tokens[at], ';)=') || tokens[at]?.kind === 'string') return false;
    if (isName(tokens[at], 'import')) return true;
    if (isName(tokens[at], 'const') || isName(tokens[at], 'var') || isName(tokens[at], 'let')) return isMark(tokens[at + 1], '{');
  }
  return false;
}

function byName(name: string, tokens: readonly CodeToken[], i: number, at: CodePlace, { services, names, hasDocuments }: Around): readonly SdkCall[] {
  return [...services].flatMap((service): readonly SdkCall[] => {
    const key = operationKey(name);
    const isDocument = service === 'dynamodb' && (hasDocuments || nameText(tokens[i]).endsWith('Command'));
    const document = isDocument && Object.hasOwn(documentMethods, key) ? documentMethods[key] : undefined;
    const actions = actionsFor(service, document ?? name, 'client');
    return actions ? [{ service, call: nameText(tokens[i]), actions, at, on: namedIn(service, tokens, i, names) }] : [];
  });
}

function namedIn(service: string, tokens: readonly CodeToken[], i: number, names: Names): readonly NamedBy[] | undefined {
  const parameter = sdkServices[service]?.parameter;
  if (parameter === undefined || !isMark(tokens[i + 1], '(') || argumentsOf(tokens, i + 1).length === 0) return undefined;
  const all = valuesGiven(tokens, i + 1, parameter).map(names.resolve);
  return all.length > 0 && all.every((one) => one !== undefined) ? all.flat() : undefined;
}
