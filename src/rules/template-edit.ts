import type { Edit } from '../edits/edit.ts';
import type { EvaluatedResource } from '../project/template/evaluate.ts';
import type { TemplateFile } from '../project/project.ts';
import { get, setEntry, type YamlMap } from '../syntax/yaml.ts';
import { isLiteral, isOwnMap } from './template-use.ts';

/**
 * Sets a property of a resource to a text on one line. Undefined where that would change more than this resource: in a loop,
 * behind an alias, in an anchored or included map, or instead of an expression.
 */
export function setProperty(template: TemplateFile, resource: EvaluatedResource, name: string, valueText: string): Edit | undefined {
  const node = get(template.document.root, 'Resources', resource.logicalId);
  if (!isOwnMap(node) || node !== resource.node) return undefined;
  const properties = get(node, 'Properties');
  if (properties === undefined) {
    const value = node.flow ? `{${JSON.stringify(name)}: ${valueText}}` : `\n${name}: ${valueText}`;
    return editOf(template, node, 'Properties', value);
  }
  if (!isOwnMap(properties) || get(properties, 'Fn::Transform')) return undefined;
  const before = get(properties, name);
  if (before && !isLiteral(template, before)) return undefined;
  return editOf(template, properties, name, valueText);
}

/** The edit that sets an entry of a map of a template. */
export function editOf(template: TemplateFile, map: YamlMap, name: string, valueText: string): Edit {
  const { source, document } = template;
  return { kind: 'splice', path: source.path, source, ...setEntry(document, map, name, valueText) };
}
