import type { YamlNode } from '../../syntax/yaml.ts';
import type { Surroundings, Truth } from './evaluated.ts';
import { kindOf, nameOf, textOf } from './nodes.ts';

/** The outcome of a condition expression: `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` or `Condition`. */
export function evaluateCondition(node: YamlNode, around: Surroundings): Truth {
  const [entry] = node.kind === 'map' && node.entries.length === 1 ? node.entries : [];
  if (!entry) return { why: `a condition is ${kindOf(node)}, not a condition function` };
  const name = nameOf(entry);
  if (name === 'Condition') return around.condition(textOf(entry.value) ?? '');
  const items = entry.value.kind === 'list' ? entry.value.items : [];
  switch (name) {
    case 'Fn::Equals':
      return areEqual(items, around);
    case 'Fn::Not':
      return negated(items[0] ? evaluateCondition(items[0], around) : { why: 'Fn::Not needs a condition' });
    case 'Fn::And':
      return combined(items, around, false);
    case 'Fn::Or':
      return combined(items, around, true);
    default:
      return { why: `${name} is not a condition function` };
  }
}

function areEqual(items: readonly YamlNode[], around: Surroundings): Truth {
  const [left, right] = items;
  if (!left || !right) return { why: 'Fn::Equals needs two values' };
  const a = comparable(left, around);
  const b = comparable(right, around);
  if ('why' in a) return a;
  if ('why' in b) return b;
  return a.text === b.text;
}

/** CloudFormation compares as text: `true` equals "true". */
function comparable(node: YamlNode, around: Surroundings): { readonly text: string } | { readonly why: string } {
  const value = around.tree(node);
  if (!value) return { text: '' };
  const why = around.whyUnresolved(value);
  if (why !== undefined) return { why };
  const text = value.kind === 'list' ? value.items.map((item) => textOf(item) ?? '').join(',') : textOf(value);
  return text === undefined ? { why: `Fn::Equals compares ${kindOf(value)}` } : { text };
}

function negated(truth: Truth): Truth {
  return typeof truth === 'boolean' ? !truth : truth;
}

/** And, Or: one member of the deciding kind settles it even when others are unknown. */
function combined(items: readonly YamlNode[], around: Surroundings, deciding: boolean): Truth {
  let unknown: Truth | undefined;
  for (const item of items) {
    const truth = evaluateCondition(item, around);
    if (truth === deciding) return deciding;
    if (typeof truth !== 'boolean') unknown ??= truth;
  }
  return unknown ?? (items.length === 0 ? { why: 'a condition function has no members' } : !deciding);
}
