import { overridesIn, samEntries, type SamEntry, type SamValue } from '../model/samconfig.ts';
import { isSwitch } from '../model/sam-options.ts';
import type { Edit } from '../edits/edit.ts';
import type { SamConfig } from '../project/project.ts';
import { nameList } from './name-list.ts';
import type { Misreading } from './samconfig-keys.ts';

type Check = (samconfig: SamConfig, entry: SamEntry) => readonly Misreading[];

const checks: ReadonlyMap<string, Check> = new Map([['tags', asList], ['image_repositories', asList], ['capabilities', capabilities], ['parameter_overrides', overrides]]);

/** Values in a form that sam reads wrongly, or not at all. */
export function misreadValues(samconfig: SamConfig): readonly Misreading[] {
  return samEntries(samconfig).flatMap((entry): readonly Misreading[] => {
    const [, , table, option = ''] = entry.path;
    if (entry.path.length !== 4 || table !== 'parameters' || entry.isShared) return [];
    return [...(checks.get(option)?.(samconfig, entry) ?? []), ...switched(entry, option), ...twice(samconfig, entry, option)];
  });
}

/** `tags` and `image_repositories` as a table: sam's program ends with an AttributeError. */
function asList(samconfig: SamConfig, entry: SamEntry): readonly Misreading[] {
  const { value, path } = entry;
  if (entry.kind !== 'table' || value === null || typeof value !== 'object' || Array.isArray(value)) return [];
  const pairs = Object.entries(value as Readonly<Record<string, SamValue>>).map(([name, one]) => `${name}=${String(one)}`);
  const isInline = samconfig.source.text.slice(entry.span.start, entry.span.end).startsWith('{');
  const text = JSON.stringify(pairs).replaceAll('","', '", "');
  const option = path[3] ?? '';
  return [{
    span: entry.keySpan, severity: 'error',
    message: `${option} is a table, on which sam fails: it takes a list of "name=value"`,
    ...(isInline ? { fix: replacing(samconfig, entry.span, text, `write ${option} as a list`) } : { advice: `write ${option} = ${text}` }),
  }];
}

/** sam splits at blanks: with commas it sees one capability of an odd name, which CloudFormation refuses. */
function capabilities(samconfig: SamConfig, entry: SamEntry): readonly Misreading[] {
  const { value } = entry;
  const words = typeof value === 'string' ? [value] : Array.isArray(value) ? value.filter((one: SamValue): one is string => typeof one === 'string') : [];
  if (!words.some((word) => word.includes(','))) return [];
  const names = words.flatMap((word) => word.split(/[\s,]+/u)).filter((word) => word !== '');
  const isOneLine = !samconfig.source.text.slice(entry.span.start, entry.span.end).includes('\n');
  const text = `[${names.map((name) => JSON.stringify(name)).join(', ')}]`;
  return [{
    span: entry.span, severity: 'error',
    message: 'sam takes capabilities with a comma between them for one of that name, and the deployment fails',
    ...(isOneLine ? { fix: replacing(samconfig, entry.span, text, 'write them as a list') } : { advice: `write capabilities = ${text}` }),
  }];
}

/** Words of `parameter_overrides` that sam drops: the rest of a value with blanks that has no quotes of its own. */
function overrides(samconfig: SamConfig, entry: SamEntry): readonly Misreading[] {
  const { value } = entry;
  if (typeof value === 'string') return droppedWords(value).length === 0 ? [] : [truncated(entry.span, value)];
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: SamValue, index): readonly Misreading[] => {
    if (typeof item !== 'string' || droppedWords(item).length === 0) return [];
    const span = entry.items[index] ?? entry.span;
    const found = truncated(span, item);
    const isPlain = /^[A-Za-z0-9]+=[^"'=\\\n]+$/u.test(item);
    if (!isPlain) return [found];
    const { advice: _, ...rest } = found;
    const [name = '', text = ''] = item.split('=');
    return [{ ...rest, fix: { ...replacing(samconfig, span, `'${name}="${text}"'`, 'put the value into quotes of its own, so that sam takes all of it'), safety: 'unsafe' } }];
  });
}

function truncated(span: SamEntry['span'], text: string): Misreading {
  const read = [...(overridesIn(text) ?? [])].map(([name, value]) => `${name} as ${JSON.stringify(value)}`);
  return {
    span, severity: 'error',
    message: `sam drops ${nameList(droppedWords(text).map((word) => JSON.stringify(word)))} of this parameter override${read.length > 0 ? ` and reads ${nameList(read)}` : ''}`,
    advice: 'put a value with blanks into quotes of its own, or write parameter_overrides as a table: { Name = "two words" }',
  };
}

/** What is left of a text once every `Name=value` and every `file://…` is taken out. */
function droppedWords(text: string): readonly string[] {
  const quoted = String.raw`"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\\.|[^\s"'\\])+`;
  const pair = new RegExp(String.raw`(?:^|\s)(?:ParameterKey="?[A-Za-z0-9]+"?,ParameterValue=(?:${quoted}|)|"?[A-Za-z0-9]+"?=(?:${quoted}|)|file://\S+)(?=\s|$)`, 'gu');
  const rest = text.replaceAll(pair, ' ');
  // What is written in yet another way is not for this to judge.
  return /["'=\\]/u.test(rest) ? [] : rest.split(/\s+/u).filter((word) => word !== '');
}

/** A switch that is neither true nor false. */
function switched({ value, span }: SamEntry, option: string): readonly Misreading[] {
  const isRead = typeof value === 'boolean' || typeof value === 'number' || (typeof value === 'string' && /^(?:|1|true|t|yes|y|on|0|false|f|no|n|off)$/iu.test(value.trim()));
  if (!isSwitch(option) || isRead) return [];
  return [{ span, severity: 'error', message: `sam refuses ${option}: it is neither true nor false`, advice: `write ${option} = true or false` }];
}

/** Options of which sam takes only one. */
function twice(samconfig: SamConfig, entry: SamEntry, option: string): readonly Misreading[] {
  const [profile, section] = entry.path;
  if (option !== 'resolve_s3' || entry.value !== true || !['deploy', 'package'].includes(section ?? '')) return [];
  const bucket = samEntries(samconfig).find(({ path, value }) => path[0] === profile && (path[1] === section || path[1] === 'global') && path[2] === 'parameters' && path[3] === 's3_bucket' && typeof value === 'string' && value !== '');
  if (!bucket) return [];
  return [{ span: entry.keySpan, severity: 'error', message: `\`sam ${section ?? ''}\` refuses resolve_s3 together with s3_bucket`, advice: 'take one of the two out' }];
}

function replacing({ source }: SamConfig, span: SamEntry['span'], text: string, title: string): { readonly title: string; readonly safety: 'safe'; readonly edits: readonly Edit[] } {
  return { title, safety: 'safe', edits: [{ kind: 'splice', path: source.path, source, ...span, text }] };
}
