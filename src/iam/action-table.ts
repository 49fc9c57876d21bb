import { actionNames } from './action-names.ts';

/** An IAM action such as `s3:GetObject`. */
export interface Action {
  readonly service: string;
  readonly name: string;
  /** False for actions to which a resource cannot, or need not, be named: they take `*`. */
  readonly hasResource: boolean;
}

const parsed = new Map<string, readonly Action[]>();

/** All actions of a service prefix; undefined for services that are not in the table. */
export function actionsOf(service: string): readonly Action[] | undefined {
  const before = parsed.get(service);
  if (before) return before;
  const names = Object.hasOwn(actionNames, service) ? actionNames[service] : undefined;
  const actions = names?.split(' ').map((name) => ({ service, name: name.replace('-', ''), hasResource: !name.endsWith('-') }));
  if (actions) parsed.set(service, actions);
  return actions;
}

/** The service of an action pattern, in lower case: `s3` of `S3:Get*`, `*` of `*`. */
export function serviceOf(pattern: string): string {
  const colon = pattern.indexOf(':');
  return colon < 0 ? '*' : pattern.slice(0, colon).toLowerCase();
}

/** True when a pattern of a policy (`*` and `?` as wildcards, case does not count) covers an action. */
export function covers(pattern: string, action: string): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/gu, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'iu').test(action);
}

/** The actions that a pattern covers; undefined when its service is not in the table, or it names every service. */
export function expand(pattern: string): readonly Action[] | undefined {
  return actionsOf(serviceOf(pattern))?.filter((action) => covers(pattern, textOf(action)));
}

/** `s3:GetObject`. */
export function textOf(action: Action): string {
  return `${action.service}:${action.name}`;
}
