import { member, membersOf, nameOf } from '../../project/template/nodes.ts';
import { parseYaml, type YamlNode } from '../../syntax/yaml.ts';

/** Where code lies, by the kind of resource; it differs between a built template and a deployed one and is compared by digest elsewhere. */
const codeProperties: ReadonlySet<string> = new Set(['CodeUri', 'ContentUri', 'ImageUri', 'Code', 'Content', 'Location', 'TemplateURL', 'DefinitionUri', 'DefinitionS3Location', 'BodyS3Location', 'SchemaUri', 'DefinitionSchemaPath']);
/** What `sam sync` adds by itself. */
const samsOwn: ReadonlySet<string> = new Set(['AwsSamAutoDependencyLayerNestedStack']);

/**
 * Where a built template and the one that a stack was made of differ, as paths (`Resources.Fn.Properties.MemorySize`), apart from
 * where code lies and from Metadata, which no resource is made of. Empty when they say the same.
 */
export function templateDifferences(built: string, deployed: string): readonly string[] {
  const [ours, theirs] = [rootOf(built), rootOf(deployed)];
  if (!ours || !theirs) return ['the deployed template cannot be read'];
  return differences(ours, theirs, []);
}

/** Parameters that would be deployed with another value than the stack has; what CloudFormation hides is believed. */
export function parameterDifferences(wanted: ReadonlyMap<string, string>, deployed: ReadonlyMap<string, string>): readonly string[] {
  return [...wanted].filter(([name, value]) => {
    const own = deployed.get(name);
    return own !== undefined && own !== value && !/^\*+$/u.test(own);
  }).map(([name]) => `Parameters.${name}`);
}

function rootOf(text: string): YamlNode | undefined {
  const parsed = parseYaml({ path: 'template.yaml', text });
  return parsed.ok ? parsed.value.root : undefined;
}

function differences(ours: YamlNode, theirs: YamlNode, path: readonly string[]): readonly string[] {
  if (ours.kind === 'map' && theirs.kind === 'map') {
    const names = new Set([...membersOf(ours), ...membersOf(theirs)].map(nameOf));
    return [...names].filter((name) => !isPassedOver(name, path)).flatMap((name) => {
      const [own, other] = [member(ours, name), member(theirs, name)];
      return own && other ? differences(own, other, [...path, name]) : [[...path, name].join('.')];
    });
  }
  if (ours.kind === 'list' && theirs.kind === 'list' && ours.items.length === theirs.items.length) {
    return ours.items.flatMap((item, at) => (theirs.items[at] ? differences(item, theirs.items[at], [...path, String(at)]) : []));
  }
  if (ours.kind === 'scalar' && theirs.kind === 'scalar') return String(ours.value) === String(theirs.value) ? [] : [path.join('.')];
  return [path.join('.')];
}

function isPassedOver(name: string, path: readonly string[]): boolean {
  if (path[0] !== 'Resources') return path.length === 0 && name === 'Metadata';
  if (path.length === 1) return samsOwn.has(name);
  if (path.length === 2) return name === 'Metadata';
  return path.length === 3 && path[2] === 'Properties' && codeProperties.has(name);
}
