import type { Edit, Fix } from '../edits/edit.ts';
import type { SamConfig } from '../project/project.ts';
import { lineStart, spliceBetween, type Splice } from '../syntax/splice.ts';
import { parseToml, setTomlKey, tomlEntry, type TomlDocument, type TomlNode } from '../syntax/toml.ts';
import { entryOf, parseYaml, quoteYaml, setEntry, type YamlDocument, type YamlMap } from '../syntax/yaml.ts';

/** A value to be written. `tables` stands for `{ A = "x" }`, the safest form of parameter_overrides. */
export type SettingValue = string | number | boolean | readonly string[] | ReadonlyMap<string, string>;

/** An option that a profile (sam's `--config-env`) shall have for a command, named as samconfig names it (`local_invoke`). */
export interface Setting {
  readonly profile: string;
  readonly command: string;
  readonly key: string;
  readonly value: SettingValue;
  /** A comment beside it, where the form of the value lets one stand there. */
  readonly note?: string;
}

/**
 * The change that sets options in samconfig, in order; a samconfig.toml is made where there is none. Lines, comments and order of what
 * is there stay. Undefined where it cannot be done by adding: a section that is no table, or YAML that comes in through an alias.
 */
export function setOptions(samconfig: SamConfig | undefined, settings: readonly Setting[]): Edit | undefined {
  if (!samconfig) {
    const text = settings.reduce<string | undefined>((before, setting) => before && setInToml(before, setting), 'version = 0.1\n');
    return text === undefined ? undefined : { kind: 'create', path: 'samconfig.toml', text };
  }
  const { source, kind } = samconfig;
  const set = kind === 'toml' ? setInToml : setInYaml;
  const after = settings.reduce<string | undefined>((before, setting) => before === undefined ? undefined : set(before, setting), source.text);
  return after === undefined || after === source.text ? undefined : { kind: 'splice', path: source.path, source, ...anchored(source.text, spliceBetween(source.text, after)) };
}

/**
 * What is only put in takes the line above along. Two rules that add at one place, to the last section and behind it say, then come
 * one after the other, instead of one into the other's section.
 */
function anchored(text: string, splice: Splice): Splice {
  if (splice.start < splice.end || splice.start === 0) return splice;
  const start = lineStart(text, text[splice.start - 1] === '\n' ? splice.start - 1 : splice.start);
  return { start, end: splice.end, text: text.slice(start, splice.end) + splice.text };
}

/** A fix that sets options; advice where that cannot be done by adding. */
export function optionsFix(samconfig: SamConfig | undefined, settings: readonly Setting[], title: string): { readonly fix: Fix } | { readonly advice: string } {
  const edit = setOptions(samconfig, settings);
  return edit ? { fix: { title, safety: 'safe', edits: [edit] } } : { advice: `${title}: the section in ${samconfig?.source.path ?? 'samconfig.toml'} is written in a way that shear does not add to` };
}

function spliced(text: string, { start, end, text: replacement }: { readonly start: number; readonly end: number; readonly text: string }): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

function setInToml(text: string, { profile, command, key, value, note }: Setting): string | undefined {
  const document = parseToml({ path: 'samconfig.toml', text });
  const path = [profile, command, 'parameters'];
  if (!document.ok || !leadsToTable(document.value, path)) return undefined;
  return spliced(text, setTomlKey(document.value, path, key, `${tomlText(value)}${note === undefined ? '' : `  # ${note}`}`));
}

function leadsToTable(document: TomlDocument, path: readonly string[]): boolean {
  let at: TomlNode | undefined = document.root;
  for (const key of path) {
    at = tomlEntry(at, key)?.value;
    if (at !== undefined && at.kind !== 'table') return false;
  }
  return true;
}

function tomlText(value: SettingValue): string {
  if (value instanceof Map) return `{ ${[...value].map(([name, text]) => `${/^[\w-]+$/u.test(name) ? name : JSON.stringify(name)} = ${JSON.stringify(text)}`).join(', ')} }`;
  return Array.isArray(value) ? `[${value.map((one) => JSON.stringify(one)).join(', ')}]` : JSON.stringify(value);
}

function setInYaml(text: string, { profile, command, key, value }: Setting): string | undefined {
  const parsed = parseYaml({ path: 'samconfig.yaml', text });
  if (!parsed.ok) return undefined;
  const document = parsed.value;
  const path = [profile, command, 'parameters'];
  let map: YamlMap = document.root;
  for (const [depth, name] of path.entries()) {
    const entry = entryOf(map, name);
    if (entry?.merged === true || entry?.value.alias) return undefined;
    if (!entry || (entry.value.kind === 'scalar' && entry.value.value === null)) {
      return spliced(text, setEntry(document, map, name, (map.flow ? nestedFlow : nested)(document, [...path.slice(depth + 1), key], value)));
    }
    if (entry.value.kind !== 'map' || entry.value.tag !== undefined) return undefined;
    map = entry.value;
  }
  return spliced(text, setEntry(document, map, key, map.flow ? flowText(document, value) : yamlText(document, value)));
}

/** `parameters:` and what stands below it, as YAML at column 0. */
function nested(document: YamlDocument, keys: readonly string[], value: SettingValue): string {
  const lines = keys.map((name, depth) => `${'  '.repeat(depth)}${name}:`);
  const text = yamlText(document, value);
  return text.startsWith('\n') ? `${lines.join('\n')}${text.replaceAll('\n', `\n${'  '.repeat(keys.length)}`)}` : `${lines.join('\n')} ${text}`;
}

/** The same in braces, on one line. */
function nestedFlow(document: YamlDocument, keys: readonly string[], value: SettingValue): string {
  return keys.reduceRight((inner, name) => `{${quoteYaml(document, name)}: ${inner}}`, flowText(document, value));
}

function flowText(document: YamlDocument, value: SettingValue): string {
  // Within braces a comma or a bracket would end a plain text.
  const quoted = (text: string): string => (/[,[\]{}]/u.test(text) ? JSON.stringify(text) : quoteYaml(document, text));
  if (value instanceof Map) return `{${[...value].map(([name, text]) => `${quoted(name)}: ${quoted(text)}`).join(', ')}}`;
  if (Array.isArray(value)) return `[${value.map(quoted).join(', ')}]`;
  return typeof value === 'string' ? quoted(value) : String(value);
}

function yamlText(document: YamlDocument, value: SettingValue): string {
  if (value instanceof Map) return `\n${[...value].map(([name, text]) => `${quoteYaml(document, name)}: ${quoteYaml(document, text)}`).join('\n')}`;
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `\n${value.map((one: string) => `- ${quoteYaml(document, one)}`).join('\n')}`;
  return typeof value === 'string' ? quoteYaml(document, value) : String(value);
}
