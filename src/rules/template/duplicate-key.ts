import { placeAt, type SourceFile } from '../../base/source.ts';
import type { Edit } from '../../edits/edit.ts';
import type { TemplateFile } from '../../project/project.ts';
import { removeEntry, type YamlEntry, type YamlMap, type YamlNode } from '../../syntax/yaml.ts';
import { defineRule, evidence, type Draft, type RuleDefinition } from '../rule.ts';

/** A key that stands twice in one map: sam and CloudFormation take the later one and say nothing. */
export const duplicateKey: RuleDefinition<'template'> = defineRule({
  id: 'template/duplicate-key',
  subject: 'template',
  title: 'Key that stands twice in one map',
  severity: 'error',
  since: '0.2.0',
  status: 'stable',
  safety: 'safe',
  *check(template) {
    if (template.document.duplicates.length === 0) return;
    for (const repeated of repeatedIn(template.document.root)) yield draftOf(template, repeated);
  },
});

interface Repeated {
  readonly map: YamlMap;
  readonly owner: string | undefined;
  /** In order; the last one wins. */
  readonly entries: readonly YamlEntry[];
}

/** Merge keys may stand several times: every one counts. */
function repeatedIn(root: YamlMap): readonly Repeated[] {
  const found: Repeated[] = [];
  const visit = (node: YamlNode, owner: string | undefined): void => {
    if (node.alias) return;
    if (node.kind === 'list') for (const item of node.items) visit(item, owner);
    if (node.kind !== 'map') return;
    for (const entries of groupsOf(node).values()) if (entries.length > 1) found.push({ map: node, owner, entries });
    for (const entry of node.entries) if (entry.merged !== true) visit(entry.value, String(entry.key.value));
  };
  visit(root, undefined);
  return found;
}

function groupsOf(map: YamlMap): ReadonlyMap<string, readonly YamlEntry[]> {
  const groups = new Map<string, YamlEntry[]>();
  for (const entry of map.entries) {
    if (entry.merged === true) continue;
    const name = String(entry.key.value);
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  return groups;
}

function draftOf(template: TemplateFile, { map, owner, entries }: Repeated): Draft {
  const { source: file } = template;
  const lost = entries.slice(0, -1);
  const [last] = entries.slice(-1);
  const key = last?.key ?? map;
  const name = last ? String(last.key.value) : '';
  const times = entries.length === 2 ? 'twice' : `${entries.length} times`;
  const where = owner === undefined ? 'at the top of the template' : `in ${owner}`;
  const lines = lost.map((entry) => placeAt(file, entry.key.span.start).line);
  const draft: Draft = {
    message: `${name} stands ${times} ${where}`,
    at: { file, span: key.span },
    evidence: lost.map((entry) => evidence(file, entry.key.span, `lost: ${shown(file, entry.value)}`)),
  };
  const isSame = lost.every((entry) => last !== undefined && isEqual(entry.value, last.value));
  if (isSame) {
    const edit = entries.length === 2 ? removal(template, map, name) : undefined;
    return {
      ...draft, severity: 'warning',
      message: `${draft.message} with the same value: a change to the one in line ${lines.join(' or ')} will do nothing`,
      ...(edit ? { fix: { title: `take one ${name} out`, safety: 'safe', edits: [edit] } } : { advice: 'take all but one out' }),
    };
  }
  const what = lost.map((entry, index) => `that of line ${lines[index] ?? 0} (${shown(file, entry.value)})`).join(' and ');
  return {
    ...draft,
    message: `${draft.message}: this one wins, ${what} is silently lost`,
    advice: 'rename one, put both into one, or take the lost one out; which was meant only its author can tell',
  };
}

/** Where an anchor stands below, something else may need it. */
function removal(template: TemplateFile, map: YamlMap, name: string): Edit | undefined {
  const values = map.entries.filter((entry) => String(entry.key.value) === name && entry.merged !== true).map((entry) => entry.value);
  if (values.some(hasAnchor)) return undefined;
  const splice = removeEntry(template.document, map, name);
  return splice && { kind: 'splice', path: template.source.path, source: template.source, ...splice };
}

function hasAnchor(node: YamlNode): boolean {
  if (node.anchor !== undefined && !node.alias) return true;
  return node.kind === 'map' ? node.entries.some((entry) => hasAnchor(entry.value)) : node.kind === 'list' && node.items.some(hasAnchor);
}

/** `128`, `!Ref Name`, `3 items`, `Type, Properties`. */
function shown(file: SourceFile, node: YamlNode): string {
  const written = file.text.slice(node.span.start, node.span.end);
  if (node.tag !== undefined && written.length <= 40 && !written.includes('\n')) return written;
  if (node.kind === 'list') return `${node.items.length} ${node.items.length === 1 ? 'item' : 'items'}`;
  if (node.kind === 'map') {
    const names = node.entries.map((entry) => String(entry.key.value));
    return names.length > 4 ? `${names.slice(0, 4).join(', ')}, …` : names.join(', ');
  }
  const text = String(node.value);
  return node.value === null ? 'nothing' : text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function isEqual(a: YamlNode, b: YamlNode): boolean {
  if (a.kind === 'scalar') return b.kind === 'scalar' && a.value === b.value;
  if (a.kind === 'list') return b.kind === 'list' && a.items.length === b.items.length && a.items.every((item, index) => same(item, b.items[index]));
  if (b.kind !== 'map' || a.entries.length !== b.entries.length) return false;
  return a.entries.every((entry, index) => entry.key.value === b.entries[index]?.key.value && same(entry.value, b.entries[index]?.value));
}

function same(a: YamlNode, b: YamlNode | undefined): boolean {
  return b !== undefined && isEqual(a, b);
}
