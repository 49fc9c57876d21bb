import type { YamlNode } from '../../syntax/yaml.ts';
import { known, unresolved, type Evaluated, type Surroundings } from './evaluated.ts';
import { kindOf, member, scalarAt, textOf } from './nodes.ts';

/** `Fn::Sub`: a text with `${Name}`, `${Resource.Attribute}` and `${!Literal}`, and perhaps a map of own names. */
export function substitute(argument: YamlNode, at: YamlNode, around: Surroundings): Evaluated {
  const [text, own] = argument.kind === 'list' ? argument.items : [argument, undefined];
  const pattern = textOf(text);
  if (pattern === undefined) return unresolved(`Fn::Sub needs a text${text ? `, not ${kindOf(text)}` : ''}`);
  let why: string | undefined;
  const result = pattern.replace(/\$\{([^}]*)\}/gu, (written, inner: string) => {
    if (inner.startsWith('!')) return `\${${inner.slice(1)}}`;
    const part = partOf(inner.trim(), own, at, around);
    if ('text' in part) return part.text;
    why ??= part.why;
    return written;
  });
  return why === undefined ? known(scalarAt(at, result)) : unresolved(why);
}

function partOf(
  name: string,
  own: YamlNode | undefined,
  at: YamlNode,
  around: Surroundings,
): { readonly text: string } | { readonly why: string } {
  const given = member(own, name);
  if (given) {
    const value = around.tree(given);
    if (!value) return { why: `${name} has no value` };
    const why = around.whyUnresolved(value);
    if (why !== undefined) return { why };
    const text = textOf(value);
    return text === undefined ? { why: `${name} is ${kindOf(value)}, not a string` } : { text };
  }
  if (name.includes('.')) return { why: `${name} is known once deployed` };
  const value = around.refer(name, at);
  if (value.kind === 'absent') return { why: `${name} has no value` };
  if (value.kind === 'unresolved') return { why: value.why };
  const text = value.node.kind === 'list' ? value.node.items.map((item) => textOf(item) ?? '').join(',') : textOf(value.node);
  return text === undefined ? { why: `${name} is ${kindOf(value.node)}, not a string` } : { text };
}
