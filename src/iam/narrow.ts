import type { LambdaFunction } from '../model/function.ts';
import { actionsOf, covers, expand, serviceOf, textOf } from './action-table.ts';
import { bind, keyOf, type Bound, type ResourceArn } from './bind.ts';
import type { Doubt, Need, Usage } from './need.ts';
import { knownPrefixes } from './sdk-services.ts';
import type { Holder } from './statements.ts';

/** What is granted, as far as narrowing goes. */
export interface Granted {
  readonly holder: Holder;
  /** Action patterns. */
  readonly actions: readonly string[];
  /** Every resource, so that a resource of the template can stand in for it. */
  readonly isEveryResource: boolean;
}

/** Actions that share resources. */
export interface StatementGroup {
  readonly actions: readonly string[];
  /** Undefined: as the statement has it. */
  readonly arns: readonly ResourceArn[] | undefined;
}

/** What of a grant the functions need. */
export type Narrowed =
  /** Something in the code leaves it open. */
  | { readonly kind: 'unproved'; readonly doubt: Doubt }
  | {
      readonly kind: 'proved';
      readonly needs: readonly Need[];
      /** In place of the grant; empty where nothing of it is needed. */
      readonly groups: readonly StatementGroup[];
      /** Literal actions that nothing needs. */
      readonly unneeded: readonly string[];
      /** False when the groups say what the grant says already. */
      readonly isNarrower: boolean;
      /** Why actions keep every resource. */
      readonly unbound: readonly string[];
    };

/** What each function asks of AWS. */
export type Usages = ReadonlyMap<LambdaFunction, Pick<Usage, 'needs' | 'doubts'>>;

/** A wildcard over more actions than this is worth writing out. */
const fewActions = 4;

/**
 * Works out what of a grant its functions need. Never more than is granted: groups are what is covered of the needs, on
 * resources only where every resource was allowed before.
 */
export function narrow(granted: Granted, usages: Usages): Narrowed {
  const doubt = doubtOf(granted, usages);
  if (doubt) return { kind: 'unproved', doubt };
  const needed = granted.holder.functions.flatMap((subject) => {
    const needs = usages.get(subject)?.needs ?? [];
    return [...needs, ...keyNeeds(needs, subject, granted.holder)].map((need) => ({ need, subject }));
  }).filter(({ need }) => granted.holder.role !== undefined || need.call !== 'SAM' || granted.actions.some((pattern) => pattern.toLowerCase() === need.action.toLowerCase())).filter(({ need }) => granted.actions.some((pattern) => covers(pattern, need.action)));
  const bound = new Map<string, Bound>();
  for (const { need, subject } of needed) {
    const one = granted.isEveryResource ? boundNeed(need, subject, granted.holder) : { arns: [] };
    bound.set(need.action, joined(bound.get(need.action), one));
  }
  const foreign = granted.actions.filter((pattern) => !knownPrefixes.has(serviceOf(pattern)));
  if (foreign.length === granted.actions.length) return { kind: 'unproved', doubt: { services: [], why: `shear does not know what asks for actions of ${serviceOf(foreign[0] ?? '')}`, at: undefined } };
  const unneeded = granted.actions.filter((pattern) => !/[*?]/u.test(pattern) && !foreign.includes(pattern) && !needed.some(({ need }) => covers(pattern, need.action)));
  for (const pattern of foreign) {
    // It stays as it is written: what it covers need not stand beside it.
    for (const action of bound.keys()) if (covers(pattern, action)) bound.delete(action);
    bound.set(pattern, { why: `shear does not know what asks for ${pattern}` });
  }
  const isWide = granted.actions.some((pattern) => /[*?]/u.test(pattern) && !foreign.includes(pattern) && isWorthWriting(pattern, bound));
  const groups = groupsOf(granted, bound);
  return {
    kind: 'proved', needs: needed.map(({ need }) => need), groups, unneeded,
    isNarrower: unneeded.length > 0 || isWide || groups.some(({ arns }) => arns !== undefined) || groups.length === 0,
    unbound: [...new Set([...bound.values()].flatMap((one) => ('why' in one ? [one.why] : [])))],
  };
}

/** A key need already bound to a key, or one with its reason. */
interface KeyNeed extends Need {
  readonly key?: string;
}

function boundNeed(need: KeyNeed, subject: LambdaFunction, holder: Holder): Bound {
  return need.key === undefined ? bind(need, subject, holder) : { arns: [{ kind: 'attribute', logicalId: need.key, attribute: 'Arn' }] };
}

function doubtOf({ holder, actions }: Granted, usages: Usages): Doubt | undefined {
  if (holder.sharedBy !== undefined) return { services: ['*'], why: holder.sharedBy, at: undefined };
  const services = actions.map(serviceOf);
  for (const subject of holder.functions) {
    for (const doubt of usages.get(subject)?.doubts ?? [{ services: ['*'], why: 'its code was not read', at: undefined }]) {
      if (doubt.services.some((service) => service === '*' || services.includes(service) || services.includes('*'))) return doubt;
    }
  }
  return undefined;
}

const encrypting = /^(?:s3|dynamodb|sqs|sns|secretsmanager|ssm|kinesis|firehose|logs|states|events|lambda):/u;

/** What is encrypted with a customer's key needs that key as well. Source: KMS developer guide, "How AWS services use AWS KMS". */
function keyNeeds(needs: readonly Need[], subject: LambdaFunction, holder: Holder): readonly KeyNeed[] {
  return needs.filter(({ action, part, call }) => encrypting.test(action) && part !== 'any' && call !== 'Lambda' && call !== 'SAM').flatMap((need): readonly KeyNeed[] => {
    const bound = bind(need, subject, holder);
    const ids = 'why' in bound ? ['unknown'] : bound.arns.map((arn) => (arn.kind === 'attribute' || arn.kind === 'ref' ? keyOf(arn.logicalId, holder) : arn.kind === 'sub' ? keyOf(/^\$\{(\w+)\.Arn\}/u.exec(arn.text)?.[1] ?? '', holder) : 'unknown'));
    return ids.filter((id) => id !== 'none').flatMap((id): readonly KeyNeed[] => {
      const isOwn = holder.template.resources.some(({ logicalId, type }) => logicalId === id && type === 'AWS::KMS::Key');
      return ['kms:Decrypt', 'kms:GenerateDataKey'].map((action) => ({ ...need, action, part: 'key', on: undefined, ...(isOwn ? { key: id } : {}) }));
    });
  });
}

function joined(before: Bound | undefined, one: Bound): Bound {
  if (!before || 'why' in one) return before && 'why' in before ? before : one;
  if ('why' in before) return before;
  return { arns: distinct([...before.arns, ...one.arns]) };
}

function distinct(arns: readonly ResourceArn[]): readonly ResourceArn[] {
  return [...new Map(arns.map((arn) => [JSON.stringify(arn), arn])).values()];
}

function isWorthWriting(pattern: string, bound: ReadonlyMap<string, Bound>): boolean {
  const all = expand(pattern);
  const kept = [...bound.keys()].filter((action) => covers(pattern, action)).length;
  return kept === 0 || !all || all.length - kept > fewActions;
}

function groupsOf({ actions: patterns, isEveryResource }: Granted, bound: ReadonlyMap<string, Bound>): readonly StatementGroup[] {
  const groups = new Map<string, { readonly actions: Set<string>; readonly arns: readonly ResourceArn[] | undefined }>();
  for (const [action, one] of [...bound].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const arns = isEveryResource && 'arns' in one && one.arns.length > 0 ? one.arns : undefined;
    const key = arns ? `${serviceOf(action)} ${arns.map(baseOf).toSorted().join(' ')}` : '';
    const before = groups.get(key);
    // A short wildcard that is kept stays as it is written.
    const kept = patterns.find((pattern) => /[*?]/u.test(pattern) && covers(pattern, action) && !isWorthWriting(pattern, bound));
    groups.set(key, { actions: new Set([...(before?.actions ?? []), kept ?? action]), arns: arns ? distinct([...(before?.arns ?? []), ...arns]) : undefined });
  }
  return [...groups.values()].map(({ actions, arns }) => ({ actions: [...actions], arns }));
}

/** A bucket and its objects are one. */
function baseOf(arn: ResourceArn): string {
  if (arn.kind === 'attribute' || arn.kind === 'ref') return arn.logicalId;
  return arn.text.replace(/^\$\{(\w+)\.Arn\}.*$/u, '$1').replace(/\/(?:index\/)?\*$/u, '');
}

/** How many actions a service's `*` stands for; undefined for a service that is not known. */
export function actionCount(pattern: string): number | undefined {
  return pattern === '*' ? undefined : expand(pattern)?.length;
}

/** True when some action of these patterns can be held to a resource. */
export function canNameResource(patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    if (serviceOf(pattern) === '*') return true;
    if (actionsOf(serviceOf(pattern)) === undefined) return false;
    return expand(pattern)?.some((action) => action.hasResource && !withoutChoice.has(textOf(action))) === true;
  });
}

/** Granted on every resource by AWS's own AWSLambdaBasicExecutionRole and AWSLambdaVPCAccessExecutionRole. */
const withoutChoice: ReadonlySet<string> = new Set([
  'logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses',
]);
