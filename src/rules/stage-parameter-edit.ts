import type { Edit } from '../edits/edit.ts';
import type { LambdaFunction } from '../model/function.ts';
import type { TemplateFile } from '../project/project.ts';
import { entryOf, get, setEntry, type YamlDocument, type YamlMap } from '../syntax/yaml.ts';

/**
 * Edits that give a template the parameter `Stage` with the condition `IsProduction`, and every function the variables STAGE and
 * LOG_LEVEL from them. The default is `prod`: a stack that is deployed without saying more stays what it is. Undefined where the
 * template is JSON, has functions that take no variables, or names of these already.
 */
export function stageParameterEdits(template: TemplateFile, functions: readonly LambdaFunction[]): readonly Edit[] | undefined {
  const { document, source } = template;
  const { root } = document;
  if (root.flow || /\.json$/iu.test(source.path) || takesNoVariables(document) || functions.some((one) => one.type !== 'AWS::Serverless::Function')) return undefined;
  // Resources and parameters share their names.
  if (get(root, 'Parameters', 'Stage') || get(root, 'Resources', 'Stage') || get(root, 'Conditions', 'IsProduction')) return undefined;
  const taken = new Set(functions.flatMap((one) => Object.keys(one.environment)));
  if (taken.has('STAGE') || taken.has('LOG_LEVEL')) return undefined;
  const sections = [
    { path: ['Parameters'], key: 'Stage', lines: ['Type: String', 'AllowedValues:', '  - dev', '  - prod', 'Default: prod'] },
    { path: ['Conditions'], key: 'IsProduction', lines: ['!Equals [!Ref Stage, prod]'] },
    { path: ['Globals', 'Function', 'Environment', 'Variables'], key: 'STAGE', lines: ['!Ref Stage'] },
    { path: ['Globals', 'Function', 'Environment', 'Variables'], key: 'LOG_LEVEL', lines: ['!If [IsProduction, INFO, DEBUG]'] },
  ];
  const edits: Edit[] = [];
  const missing: string[] = [];
  for (const [index, section] of sections.entries()) {
    const value = section.lines.length === 1 ? (section.lines[0] ?? '') : section.lines.join('\n');
    const deepest = deepestMap(root, section.path);
    if (!deepest) return undefined;
    const { map, rest } = deepest;
    // The two variables go together.
    if (index === 3 && rest.length > 0) continue;
    const pairs = index === 2 && rest.length > 0 ? sections.slice(2) : [section];
    if (map === root) {
      missing.push(blockOf(section.path, pairs));
      continue;
    }
    const [first = section.key, ...below] = rest;
    const text = rest.length === 0 ? value : blockOf(below, pairs).trimEnd();
    edits.push({ kind: 'splice', path: source.path, source, ...setEntry(document, map, rest.length === 0 ? section.key : first, text) });
  }
  return missing.length === 0 ? edits : [...edits, insertAbove(template, 'Resources', missing)].filter((edit) => edit !== undefined);
}

/** Lambda@Edge takes no environment variables. */
function takesNoVariables({ source }: YamlDocument): boolean {
  return /LambdaFunctionAssociations|edgelambda\.amazonaws\.com/u.test(source.text);
}

function deepestMap(root: YamlMap, path: readonly string[]): { readonly map: YamlMap; readonly rest: readonly string[] } | undefined {
  let map = root;
  for (const [depth, name] of path.entries()) {
    const entry = entryOf(map, name);
    if (!entry) return { map, rest: path.slice(depth) };
    const { value } = entry;
    if (value.kind !== 'map' || value.alias || value.flow || value.tag !== undefined || entry.merged === true) return undefined;
    map = value;
  }
  return { map, rest: [] };
}

/** Nested keys with the pairs below them, as lines at column 0. */
function blockOf(path: readonly string[], pairs: readonly { readonly key: string; readonly lines: readonly string[] }[]): string {
  const head = path.map((name, depth) => `${'  '.repeat(depth)}${name}:\n`).join('');
  const indent = '  '.repeat(path.length);
  const body = pairs.map(({ key, lines }) => (lines.length === 1 ? `${indent}${key}: ${lines[0] ?? ''}\n` : `${indent}${key}:\n${lines.map((line) => `${indent}  ${line}\n`).join('')}`)).join('');
  return head + body;
}

/** New sections above one that is there, and above the comment that belongs to it. */
function insertAbove({ document, source }: TemplateFile, key: string, blocks: readonly string[]): Edit | undefined {
  const entry = entryOf(document.root, key);
  if (!entry) return undefined;
  const { text } = source;
  let at = entry.span.start;
  for (;;) {
    const before = text.lastIndexOf('\n', at - 2) + 1;
    if (before >= at || !/^#/u.test(text.slice(before, at))) break;
    at = before;
  }
  return { kind: 'splice', path: source.path, source, start: at, end: at, text: `${blocks.join('\n')}\n`.replaceAll('\n', document.newline) };
}
