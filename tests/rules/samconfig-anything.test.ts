import fc from 'fast-check';
import { expect, it } from 'vitest';
import { resolveModel } from '../../src/model/resolve.ts';
import type { SamConfig } from '../../src/project/project.ts';
import { check } from '../../src/rules/check.ts';
import { rules } from '../../src/rules/index.ts';
import { noKnowledge } from '../../src/rules/knowledge.ts';
import { spliceText } from '../../src/edits/apply.ts';
import { parseYaml } from '../../src/syntax/yaml.ts';
import { project } from '../project/temporary-project.ts';

const template = `Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String}
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Metadata: {Dockerfile: Dockerfile, DockerContext: .}
    Properties: {PackageType: Image}
`;

const names = ['version', 'default', 'dev', 'prod', 'global', 'build', 'deploy', 'sync', 'local-invoke', 'parameters', 'stack-name', 'stack_name', 'tags', 'parameter_overrides', 'capabilities', 'image_repositories', 'image_repository', 'resolve_s3', 's3_bucket', 'watch', 'constructor', '__proto__', ''];
const scalars = ['', 'x', 'A=1 B', 'A=one two', 'CAPABILITY_IAM,X', 'Fn=1.dkr.ecr.eu-west-1.amazonaws.com/x', true, false, null, 1, 0.1];

it('rules say something of any samconfig that parses, and their fixes leave one that parses', async () => {
  const opened = await project({ 'template.yaml': template, Dockerfile: 'FROM public.ecr.aws/lambda/python:3.12\nCOPY app.py ./\nCMD ["app.handler"]\n', 'app.py': '' });
  const model = resolveModel(opened, {});
  const own = rules.filter((rule) => rule.id.startsWith('samconfig/') || rule.id === 'template/untagged-resource');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 5, withCrossShrink: true }, fc.constantFrom(...scalars), fc.array(fc.constantFrom(...scalars), { maxLength: 3 }), fc.dictionary(fc.constantFrom(...names), tie('tree'), { maxKeys: 5 })),
  }));
  fc.assert(fc.property(fc.dictionary(fc.constantFrom(...names), tree, { maxKeys: 5 }), (value) => {
    const source = { path: 'samconfig.yaml', text: JSON.stringify(value) };
    const parsed = parseYaml(source);
    if (!parsed.ok) return;
    const samconfig: SamConfig = { kind: 'yaml', path: '/samconfig.yaml', source, document: parsed.value };
    const { defects, findings } = check(own, { project: { ...opened, samconfig }, model, knowledge: noKnowledge });
    expect(defects.map(({ rule, error }) => [rule, String(error)])).toEqual([]);
    for (const { fix, rule } of findings) {
      const splices = (fix?.edits ?? []).filter((edit) => edit.path === source.path).filter((edit) => edit.kind === 'splice');
      const after = parseYaml({ path: source.path, text: spliceText(source.text, splices) });
      expect(after.ok, `${rule}: ${source.text}`).toBe(true);
    }
  }), { numRuns: 300 });
});
