import { failure, type Failure } from '../base/fault.ts';
import { meant } from '../base/nearest.ts';
import type { Model } from './function.ts';

/** Names that are listed before the rest is counted. */
const mostNames = 12;

/** A function, or a layer where those count too, that was named and is not there (`usage`). `known` are full paths. */
export function unknownFunction(name: string, known: readonly string[], where: { readonly owner?: string; readonly what?: string } = {}): Failure {
  const { owner = 'the template', what = 'function' } = where;
  if (known.length === 0) return failure('usage', `${owner} has no ${what} at all`, { next: 'choose another template with --template' });
  const rest = known.length - mostNames;
  const list = `${known.slice(0, mostNames).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  return failure('usage', `${owner} has no ${what} ${name}`, { next: meant(name, known, '', `name one of ${list}`) });
}

/** Throws for the first name that is no function's logical ID or full path. */
export function refuseUnknown(names: readonly string[], { functions }: Pick<Model, 'functions'>): void {
  const unknown = names.find((name) => !functions.some((one) => one.fullPath === name || one.logicalId === name));
  if (unknown !== undefined) throw unknownFunction(unknown, functions.map((one) => one.fullPath));
}
