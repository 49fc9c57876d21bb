import { failure } from '../base/fault.ts';
import type { Rule } from './rule.ts';

/**
 * The rules that names stand for: an id, or a folder with or without its slash for all of its rules. All when no name is given, but
 * for those that look only when they are named by their id.
 * Throws a `Failure` (`usage`) for a name that stands for none.
 */
export function chooseRules(rules: readonly Rule[], names: readonly string[] = []): readonly Rule[] {
  const unknown = names.find((name) => !rules.some((rule) => isNamedBy(rule, name)));
  if (unknown !== undefined) {
    const folders = new Set(rules.map((rule) => `${rule.id.split('/')[0] ?? ''}/`));
    throw failure('usage', `there is no rule ${unknown}`, { why: `rules are named folder/name, and a folder stands for all of its rules: ${[...folders].join(', ')}`, next: 'see `shear explain` for all rules' });
  }
  return rules.filter((rule) => (rule.onRequest === true ? names.includes(rule.id) : names.length === 0 || names.some((name) => isNamedBy(rule, name))));
}

/** Whether a name stands for a rule: its id, or its folder. */
export function isNamedBy(rule: Rule, name: string): boolean {
  return rule.id === name || rule.id.startsWith(name.endsWith('/') ? name : `${name}/`);
}
