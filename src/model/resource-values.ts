import { placeAt, type Place } from '../base/source.ts';
import type { Remark } from '../project/project.ts';
import type { EvaluatedResource, EvaluatedTemplate } from '../project/template/evaluate.ts';
import { kindOf, member, membersOf, nameOf, textOf } from '../project/template/nodes.ts';
import type { YamlNode } from '../syntax/yaml.ts';
import type { Value } from './function.ts';

/** A resource with what reading its properties needs. */
export interface ResourceReader {
  readonly resource: EvaluatedResource;
  readonly template: EvaluatedTemplate;
  readonly remark: (text: string, node: YamlNode) => void;
  readonly placeOf: (node: YamlNode) => Place;
}

/** A reader that collects its remarks in `remarks`. */
export function readerFor(resource: EvaluatedResource, template: EvaluatedTemplate, remarks: Remark[]): ResourceReader {
  const { source } = template.template;
  // A value that came in by an alias is shown where it is used.
  const placeOf = (node: YamlNode): Place => placeAt(source, (node.alias ?? node.span).start);
  return { resource, template, placeOf, remark: (text, node) => void remarks.push({ text, file: source, place: placeOf(node) }) };
}

/** A property by the names that lead to it, as `read` understands it; `expected` names the right type in remarks. */
export function valueOf<T>(
  reader: ResourceReader,
  path: readonly string[],
  fallback: T,
  type: { readonly read: (node: YamlNode) => T | undefined; readonly expected: string },
): Value<T> {
  let node: YamlNode | undefined = reader.resource.properties;
  for (const name of path) {
    const why: string | undefined = node && reader.template.whyUnresolved(node);
    if (node && why !== undefined) return { kind: 'unresolved', why, place: reader.placeOf(node), node };
    node = member(node, name);
  }
  if (!node || (node.kind === 'scalar' && node.value === null)) return { kind: 'known', value: fallback, from: 'default' };
  return nodeValue(reader, node, path, type);
}

/** The value of one node, a property reached by `path`. */
export function nodeValue<T>(
  reader: ResourceReader,
  node: YamlNode,
  path: readonly string[],
  type: { readonly read: (node: YamlNode) => T | undefined; readonly expected: string },
): Value<T> {
  const place = reader.placeOf(node);
  const why = reader.template.whyUnresolved(node) ?? firstUnresolved(reader, node);
  if (why !== undefined) return { kind: 'unresolved', why, place, node };
  const value = type.read(node);
  if (value !== undefined) return { kind: 'known', value, from: reader.resource.originOf(...path) ?? 'default', place, node };
  const wrong = `${path.join('.')} of ${reader.resource.logicalId} is ${kindOf(node)}, not ${type.expected}`;
  reader.remark(wrong, node);
  return { kind: 'unresolved', why: wrong, place, node };
}

/** A whole or decimal number, written as a number or as text. */
export const aNumber = {
  expected: 'a number',
  read: (node: YamlNode): number | undefined => {
    const text = textOf(node);
    return text !== undefined && /^\d+(?:\.\d+)?$/u.test(text.trim()) ? Number(text) : undefined;
  },
};

/** A text, number or boolean, as text. */
export const aText = { expected: 'text', read: (node: YamlNode): string | undefined => textOf(node) };

/** A list of texts. */
export const aTextList = {
  expected: 'a list of texts',
  read: (node: YamlNode): readonly string[] | undefined => {
    if (node.kind !== 'list') return undefined;
    const texts = node.items.map(textOf);
    return texts.every((text) => text !== undefined) ? texts : undefined;
  },
};

/** A map of names to text, each with its own origin; members that are no text become remarks. */
export function textMap(reader: ResourceReader, path: readonly string[]): Readonly<Record<string, Value<string>>> {
  const node = path.reduce<YamlNode | undefined>((at, name) => member(at, name), reader.resource.properties);
  if (!node) return {};
  if (reader.template.whyUnresolved(node) !== undefined || node.kind !== 'map') return {};
  return Object.fromEntries(membersOf(node).map((entry) => [nameOf(entry), nodeValue(reader, entry.value, [...path, nameOf(entry)], aText)]));
}

/** Plain data of a node, functions that stayed unevaluated as maps. */
export function plainOf(node: YamlNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(plainOf);
    case 'map':
      return Object.fromEntries(membersOf(node).map((entry) => [nameOf(entry), plainOf(entry.value)]));
  }
}

/** A list is only as known as its items. */
function firstUnresolved(reader: ResourceReader, node: YamlNode): string | undefined {
  if (node.kind !== 'list') return undefined;
  for (const item of node.items) {
    const why = reader.template.whyUnresolved(item);
    if (why !== undefined) return why;
  }
  return undefined;
}
