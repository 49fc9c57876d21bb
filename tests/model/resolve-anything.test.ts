import fc from 'fast-check';
import { expect, it } from 'vitest';
import { resolveModel } from '../../src/model/resolve.ts';
import type { Project } from '../../src/project/project.ts';
import { parseYaml } from '../../src/syntax/yaml.ts';

const words = [
  'Ref', 'Fn::Sub', 'Fn::If', 'Fn::Join', 'Fn::Select', 'Fn::Split', 'Fn::FindInMap', 'Fn::GetAtt', 'Fn::Equals', 'Fn::And', 'Fn::Not', 'Fn::Length',
  'Fn::ForEach::Loop', 'Fn::Transform', 'Condition', 'AWS::NoValue', 'AWS::Region', 'Type', 'Properties', 'Metadata', 'Globals', 'Function', 'A', 'B',
  'AWS::Serverless::Function', 'AWS::Serverless::LayerVersion', 'AWS::Lambda::Function', 'CodeUri', 'Code', 'Layers', 'Tags', 'Environment', 'Variables',
  'PackageType', 'Image', 'ImageUri', 'ImageConfig', 'Command', 'Dockerfile', 'DockerContext', 'DockerBuildArgs', 'Architectures', 'MemorySize',
  'Runtime', 'python3.12', 'IgnoreGlobals', '*', '${A}', '${B.C}', '${!x}', 'Default', 'CommaDelimitedList', 'a,b', '0', '__proto__', 'constructor',
];

const word = fc.constantFrom(...words);
const { node } = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    word,
    fc.constantFrom(0, -1, 1.5, true, null, ''),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(word, tie('node'), { maxKeys: 4 }),
  ),
}));
const map = fc.dictionary(word, node, { maxKeys: 5 });
const resource = fc.record({ Type: fc.constantFrom('AWS::Serverless::Function', 'AWS::Lambda::Function', 'AWS::Serverless::LayerVersion'), Properties: map, Metadata: map, Condition: word }, { requiredKeys: ['Type'] });
const template = fc.record({
  Transform: fc.constantFrom('AWS::LanguageExtensions', 'AWS::Serverless-2016-10-31'),
  Parameters: map, Mappings: map, Conditions: map,
  Globals: fc.dictionary(fc.constantFrom('Function', 'LayerVersion'), node, { maxKeys: 2 }),
  Resources: fc.oneof(fc.dictionary(word, fc.oneof(resource, node), { maxKeys: 4 }), node),
}, { requiredKeys: [] });

function projectOf(text: string): Project | undefined {
  const source = { path: 'template.json', text };
  const document = parseYaml(source);
  if (!document.ok) return undefined;
  return {
    folder: '/p', templates: [{ path: '/p/template.json', folder: '/p', source, document: document.value, stackPath: [] }],
    samconfig: undefined, dockerfiles: [], requirements: [], pythonSources: [], gitignores: [], scriptSources: [], otherTexts: [], manifests: [], files: [], skipped: [], areFilesComplete: true, unfollowedLinks: [], developerFiles: [], areDeveloperFilesComplete: true, named: new Map(), copySources: new Map(), includes: [], faults: [],
  };
}

it('resolves any template without throwing, every remark with a place in it', () => {
  let resolved = 0;
  fc.assert(
    fc.property(template, fc.dictionary(word, fc.string(), { maxKeys: 3 }), (value, parameterOverrides) => {
      const project = projectOf(JSON.stringify(value, null, 1));
      if (!project) return;
      const model = resolveModel(project, { parameterOverrides });
      resolved += model.functions.length;
      for (const remark of model.remarks) expect(remark.place.line).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
  // The generator is of use only while it makes functions.
  expect(resolved).toBeGreaterThan(50);
});
