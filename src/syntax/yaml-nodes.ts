import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import type { SourceFile, Span } from '../base/source.ts';
import { spellOut, writtenEnd } from './short-tags.ts';
import { jsonValue, plainValue } from './yaml-scalar.ts';
import type { YamlDocument, YamlEntry, YamlList, YamlMap, YamlNode, YamlScalar } from './yaml.ts';

/** Something that stops the reading of a document, with its range. */
export interface YamlObstacle {
  readonly what: string;
  readonly why: string;
  readonly next: string;
  readonly span: Span;
}

/** The tree of a composed document, and what was met on the way. */
export interface YamlTree {
  readonly root: YamlNode;
  readonly duplicates: YamlDocument['duplicates'];
  readonly obstacles: readonly YamlObstacle[];
}

/** Nodes that a document may come to once its aliases are followed; more is a bomb. */
const mostNodes = 500_000;

interface Reading {
  readonly source: SourceFile;
  readonly isJson: boolean;
  readonly anchors: Map<string, YamlNode>;
  /** Nodes below each node, aliases followed; kept only where the text may hold aliases. */
  readonly sizes: Map<YamlNode, number> | undefined;
  readonly duplicates: { readonly first: YamlScalar; readonly second: YamlScalar }[];
  readonly obstacles: YamlObstacle[];
}

/** Turns composed nodes into ours: short tags spelt out, aliases and merge keys resolved by sharing, never by copying. */
export function readTree(source: SourceFile, contents: Node, isJson: boolean): YamlTree {
  const reading: Reading = { source, isJson, anchors: new Map(), sizes: /\*[^\s*]/u.test(source.text) && source.text.includes('&') ? new Map() : undefined, duplicates: [], obstacles: [] };
  const root = readNode(reading, contents, source.text.charCodeAt(0) === 0xfeff ? 1 : 0);
  return { root, duplicates: reading.duplicates, obstacles: reading.obstacles };
}

/** `from`: an offset before the node's anchor and tag, past everything earlier. */
function readNode(reading: Reading, node: Node, from: number): YamlNode {
  if (isAlias(node)) return followAlias(reading, node.source, spanOf(node));
  const tag = node.tag !== undefined && node.tag.startsWith('!') && node.tag.length > 1 ? node.tag : undefined;
  const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
  const value = readValue(reading, node);
  const tagged = tag === undefined ? value : spelt(reading, value, tag, tagSpan(reading.source.text, tag, from, value.span.start));
  const named: YamlNode = anchor === undefined ? tagged : { ...tagged, anchor };
  if (anchor !== undefined) reading.anchors.set(anchor, named);
  return measured(reading, named);
}

function readValue(reading: Reading, node: Node): YamlNode {
  if (isMap(node)) return readMap(reading, node);
  if (isSeq(node)) return readList(reading, node);
  return readScalar(reading, node as Scalar);
}

function readScalar(reading: Reading, node: Scalar): YamlScalar {
  const span = spanOf(node);
  const text = reading.source.text.slice(span.start, span.end).trimEnd();
  const plain = node.type === 'PLAIN' || node.type === undefined;
  const content = String(node.source ?? node.value ?? '');
  const isText = !plain || node.tag === 'tag:yaml.org,2002:str' || node.tag === 'tag:yaml.org,2002:binary' || node.tag === '!';
  const value = isText ? String(node.value ?? '') : ((reading.isJson ? jsonValue(content) : undefined) ?? plainValue(content));
  const start = text === '' ? blanksBefore(reading.source.text, span.start) : span.start;
  return { kind: 'scalar', value, text, span: { start, end: start + text.length } };
}

/** An empty value stands right behind its colon or tag, not before the comment that may follow. */
function blanksBefore(text: string, offset: number): number {
  let at = offset;
  while (text[at - 1] === ' ' || text[at - 1] === '\t') at--;
  return at;
}

function readList(reading: Reading, node: YAMLSeq): YamlList {
  const start = spanOf(node).start;
  let from = start;
  const items = node.items.map((item) => {
    const read = readNode(reading, item as Node, from);
    from = endOf(item as Node);
    return read;
  });
  const last = items.at(-1);
  const flow = node.flow === true;
  const end = flow || !last ? spanOf(node).end : writtenEnd(last);
  return { kind: 'list', items, flow, span: { start, end } };
}

function readMap(reading: Reading, node: YAMLMap): YamlMap {
  const start = spanOf(node).start;
  const entries: YamlEntry[] = [];
  let from = start;
  for (const pair of node.items as Pair<Node, Node | null>[]) {
    const read = readPair(reading, pair, from);
    if (read) entries.push(read);
    from = endOf(pair.value ?? pair.key);
  }
  noteDuplicates(reading, entries);
  const last = entries.at(-1);
  const flow = node.flow === true;
  const end = flow || !last ? spanOf(node).end : last.span.end;
  return { kind: 'map', entries: entries.some(isMergeKey) ? merge(reading, entries) : entries, flow, span: { start, end } };
}

function readPair(reading: Reading, pair: Pair<Node, Node | null>, from: number): YamlEntry | undefined {
  const key = readNode(reading, pair.key, from);
  if (key.kind !== 'scalar') {
    reading.obstacles.push({
      what: `a key is ${key.kind === 'map' ? 'a map' : 'a list'}`, span: key.alias ?? key.span,
      why: 'CloudFormation takes keys that are plain text alone', next: 'write the key as text',
    });
    return undefined;
  }
  const keyEnd = key.alias?.end ?? key.span.end;
  const value = pair.value ? readNode(reading, pair.value, keyEnd) : measured(reading, emptyAt(keyEnd));
  return { key, value, span: { start: (key.alias ?? key.span).start, end: Math.max(keyEnd, writtenEnd(value)) } };
}

function emptyAt(offset: number): YamlScalar {
  return { kind: 'scalar', value: null, text: '', span: { start: offset, end: offset } };
}

function noteDuplicates(reading: Reading, entries: readonly YamlEntry[]): void {
  const seen = new Map<string, YamlScalar>();
  for (const { key } of entries) {
    const name = String(key.value);
    const first = seen.get(name);
    if (first) reading.duplicates.push({ first, second: key });
    else seen.set(name, key);
  }
}

function isMergeKey(entry: YamlEntry): boolean {
  return entry.key.value === '<<' && entry.key.text === '<<';
}

/** Merge keys by YAML 1.1: keys written out win, and of several merged maps the earlier wins. */
function merge(reading: Reading, entries: readonly YamlEntry[]): readonly YamlEntry[] {
  const taken = new Set(entries.filter((entry) => !isMergeKey(entry)).map((entry) => String(entry.key.value)));
  return entries.flatMap((entry) => {
    if (!isMergeKey(entry)) return [entry];
    const sources = entry.value.kind === 'list' && entry.value.tag === undefined ? entry.value.items : [entry.value];
    return sources.flatMap((from) => mergedEntries(reading, from, entry.value.alias ?? from.alias, taken));
  });
}

function mergedEntries(reading: Reading, from: YamlNode, alias: Span | undefined, taken: Set<string>): readonly YamlEntry[] {
  if (from.kind !== 'map') {
    reading.obstacles.push({
      what: 'a merge key (<<) names something that is no map', span: from.alias ?? from.span,
      why: 'only the entries of a map can be merged', next: 'name the anchor of a map after <<:',
    });
    return [];
  }
  return from.entries.flatMap((entry) => {
    const name = String(entry.key.value);
    if (taken.has(name)) return [];
    taken.add(name);
    const value = alias ? measured(reading, { ...entry.value, alias }) : entry.value;
    return [{ ...entry, value, merged: true }];
  });
}

function followAlias(reading: Reading, name: string, span: Span): YamlNode {
  const target = reading.anchors.get(name);
  if (target) return sized(reading, { ...target, alias: span }, reading.sizes?.get(target) ?? 1);
  reading.obstacles.push({
    what: `the alias *${name} names no anchor before it`, span,
    why: 'an alias stands for a node that an anchor (&) has named further up', next: `name a node &${name} above, or write the value out`,
  });
  return emptyAt(span.start);
}

/** Spells a short tag out; the argument counts as a node of its own. */
function spelt(reading: Reading, value: YamlNode, tag: string, at: Span): YamlMap {
  const map = spellOut(value, tag, at);
  for (const { value: argument } of map.entries) measured(reading, argument);
  return map;
}

/** Finds the tag between the previous node and the value; comments in between may hold the same text. */
function tagSpan(text: string, tag: string, from: number, to: number): Span {
  for (let i = from; i < to; ) {
    const code = text.charCodeAt(i);
    if (code === 0x23 && (i === 0 || /\s/u.test(text.charAt(i - 1)))) {
      while (i < to && text[i] !== '\n' && text[i] !== '\r') i++;
    } else if (code === 0x21 && text.startsWith(tag, i)) return { start: i, end: i + tag.length };
    else i++;
  }
  return { start: to, end: to };
}

function measured(reading: Reading, node: YamlNode): YamlNode {
  const { sizes } = reading;
  if (!sizes) return node;
  const children = node.kind === 'map' ? node.entries.map((entry) => entry.value) : node.kind === 'list' ? node.items : [];
  return sized(reading, node, children.reduce((sum, child) => sum + (sizes.get(child) ?? 1), 1));
}

function sized(reading: Reading, node: YamlNode, size: number): YamlNode {
  reading.sizes?.set(node, size);
  if (size > mostNodes && !reading.obstacles.some((obstacle) => obstacle.what === bomb)) {
    reading.obstacles.push({
      what: bomb, span: node.alias ?? node.span,
      why: 'aliases that name aliases multiply what the file means', next: 'write fewer aliases inside anchored nodes',
    });
  }
  return node;
}

const bomb = `the aliases come to more than ${mostNodes.toLocaleString('en-US')} nodes`;

function spanOf(node: Node): Span {
  return { start: node.range?.[0] ?? 0, end: node.range?.[1] ?? 0 };
}

function endOf(node: Node): number {
  return node.range?.[1] ?? 0;
}
