import { failure } from '../base/fault.ts';
import { meant } from '../base/nearest.ts';
import type { Rule } from './rule.ts';

/**
 * The rules that names stand for: an id with or without its folder, or a folder with or without its slash for all of its rules. All when no name is given, but
 * for those that look only when they are named by their id.
 * Throws a `Failure` (`usage`) for a name that stands for none.
 */
export function chooseRules(rules: readonly Rule[], names: readonly string[] = []): readonly Rule[] {
  const unknown = names.find((name) => !rules.some((rule) => isNamedBy(rule, name)));
  if (unknown !== undefined) {
    const folders = [...new Set(rules.map((rule) => `${rule.id.split('/')[0] ?? ''}/`))];
    const known = [...rules.flatMap(({ id }) => [id, id.slice(id.indexOf('/') + 1)]), ...folders];
    const next = meant(unknown, known, '', '`shear explain` has all rules');
    throw failure('usage', `there is no rule ${unknown}`, { why: `rules are named folder/name, and a folder stands for all of its rules: ${folders.join(', ')}`, next });
  }
  return rules.filter((rule) => (rule.onRequest === true ? names.some((name) => name === rule.id || name === nameOf(rule)) : names.length === 0 || names.some((name) => isNamedBy(rule, name))));
}

/** Whether a name stands for a rule: its id, with or without its folder, or its folder. */
export function isNamedBy(rule: Rule, name: string): boolean {
  return rule.id === name || nameOf(rule) === name || rule.id.startsWith(name.endsWith('/') ? name : `${name}/`);
}

function nameOf({ id }: Rule): string {
  return id.slice(id.indexOf('/') + 1);
}
