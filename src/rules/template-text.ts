import type { TemplateFile } from '../project/project.ts';
import { isJson } from '../syntax/yaml-quote.ts';
import { quoteYaml, type YamlMap } from '../syntax/yaml.ts';

/** A value to be written into a template. `{ Ref: name }` is written as `!Ref name` where that is possible. */
export type TemplateValue = string | number | boolean | readonly TemplateValue[] | { readonly [name: string]: TemplateValue };

/** A value as the splices of `syntax/` take it for an entry of `map`: lines in a block map, one line in braces and JSON. */
export function valueText(template: TemplateFile, map: YamlMap, value: TemplateValue): string {
  if (map.flow && !isJson(template.document)) return shortText(template, value) ?? flowText(template, value);
  if (map.flow) return JSON.stringify(value).replace(/(?<!\\)(?:,|(?<="):)(?=["{[\d])/gu, (mark) => `${mark} `);
  const short = shortText(template, value);
  return short ?? `\n${blockLines(template, value).join('\n')}`;
}

function flowText(template: TemplateFile, value: TemplateValue): string {
  const inner = (one: TemplateValue): string => shortText(template, one) ?? flowText(template, one);
  if (typeof value !== 'object') return inner(value);
  if (isList(value)) return `[${value.map(inner).join(', ')}]`;
  return `{ ${Object.entries(value).map(([name, one]) => `${quoteYaml(template.document, name)}: ${inner(one)}`).join(', ')} }`;
}

/** What stands behind a colon on the same line; undefined for what needs lines of its own. */
function shortText(template: TemplateFile, value: TemplateValue): string | undefined {
  if (typeof value === 'string') return quoteYaml(template.document, value);
  if (typeof value !== 'object') return String(value);
  const [only, ...others] = Object.entries(value);
  return !isList(value) && only?.[0] === 'Ref' && others.length === 0 ? `!Ref ${String(only[1])}` : undefined;
}

function blockLines(template: TemplateFile, value: TemplateValue): readonly string[] {
  if (typeof value !== 'object') return [shortText(template, value) ?? ''];
  if (isList(value)) return value.flatMap((item) => [`- ${shortText(template, item) ?? ''}`]);
  return Object.entries(value).flatMap(([name, inner]) => {
    const short = shortText(template, inner);
    const key = quoteYaml(template.document, name);
    return short === undefined ? [`${key}:`, ...blockLines(template, inner).map((line) => `  ${line}`)] : [`${key}: ${short}`];
  });
}

function isList(value: TemplateValue): value is readonly TemplateValue[] {
  return Array.isArray(value);
}
