import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { plainOf } from '../model/resource-values.ts';
import { parseYaml } from '../syntax/yaml.ts';
import { fieldsOf, wordOf, type Fields } from './plain.ts';

/**
 * The OpenAPI document of an API: `DefinitionBody` or `Body`, a local `DefinitionUri`, or the file that an AWS::Include in
 * either names. What cannot be read is a remark. `folder`: what paths in the template are relative to.
 */
export function definitionOf(properties: Fields, folder: string): { readonly document: unknown; readonly remarks: readonly string[] } {
  const body = properties['DefinitionBody'] ?? properties['Body'];
  const transform = fieldsOf(fieldsOf(body)['Fn::Transform']);
  const location = wordOf(fieldsOf(transform['Parameters'])['Location']) ?? wordOf(properties['DefinitionUri']);
  if (body !== undefined && transform['Name'] === undefined) return { document: body, remarks: [] };
  if (location === undefined) return { document: undefined, remarks: [] };
  if (location.startsWith('s3:')) return { document: undefined, remarks: [`its definition at ${location} is not read: routes in it are not served`] };
  const path = resolve(folder, location);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return { document: undefined, remarks: [`its definition ${location} cannot be read: routes in it are not served`] };
  }
  const parsed = parseYaml({ path: location, text });
  if (parsed.ok) return { document: plainOf(parsed.value.root), remarks: [] };
  return { document: undefined, remarks: [`its definition ${location} is not served: ${parsed.error[0]?.what ?? 'it is no YAML'}`] };
}
