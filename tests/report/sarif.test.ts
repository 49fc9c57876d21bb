import { describe, expect, it } from 'vitest';
import { sarifLog } from '../../src/report/sarif.ts';
import { check } from '../../src/rules/check.ts';
import { noKnowledge } from '../../src/rules/knowledge.ts';
import { pages } from '../../src/rules/pages.ts';
import { rules } from '../../src/rules/index.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import { project } from '../project/temporary-project.ts';

const template = `Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Metadata: { Dockerfile: Dockerfile, DockerContext: . }
    Properties: { PackageType: Image }
`;

async function logOf(dockerfile: string) {
  const opened = await project({ 'template.yaml': template, Dockerfile: dockerfile });
  const chosen = rules.filter((rule) => rule.id === 'dockerfile/unpinned-base-image');
  const result = check(chosen, { project: opened, model: resolveModel(opened, {}), knowledge: noKnowledge });
  return JSON.parse(JSON.stringify(sarifLog(result, { version: '1.2.3', rules: chosen, pages, folder: '/a b' }))) as {
    version: string;
    runs: [{
      tool: { driver: { rules: { id: string; name: string; fullDescription: { text: string }; help: { text: string; markdown: string } }[] } };
      originalUriBaseIds: object;
      results: { ruleIndex: number; level: string; locations: object[]; partialFingerprints: Record<string, string> }[];
    }];
  };
}

describe('a SARIF log', () => {
  it('places each result and describes its rule', async () => {
    const { version, runs: [run] } = await logOf('FROM public.ecr.aws/lambda/python:3.12\n');
    const [rule] = run.tool.driver.rules;
    expect(version).toBe('2.1.0');
    expect(rule).toMatchObject({ id: 'dockerfile/unpinned-base-image', name: 'UnpinnedBaseImage', help: { text: 'shear explain dockerfile/unpinned-base-image' } });
    expect(rule?.fullDescription.text).toMatch(/^Base image without a digest/u);
    expect(rule?.help.markdown).toContain('## Fix safety');
    expect(run.originalUriBaseIds).toEqual({ PROJECT: { uri: 'file:///a%20b/' } });
    expect(run.results[0]).toMatchObject({
      ruleIndex: 0, level: 'warning',
      locations: [{ physicalLocation: { artifactLocation: { uri: 'Dockerfile', uriBaseId: 'PROJECT' }, region: { startLine: 1, startColumn: 6 } } }],
    });
  });

  it('gives a result the same fingerprint when it moves', async () => {
    const [one, other] = [await logOf('FROM public.ecr.aws/lambda/python:3.12\n'), await logOf('# a line\n\nFROM public.ecr.aws/lambda/python:3.12\n')];
    const print = ({ runs: [run] }: typeof one): unknown => run.results[0]?.partialFingerprints['ruleAndMessage/v1'];
    expect(print(one)).toMatch(/^[0-9a-f]{64}$/u);
    expect(print(other)).toBe(print(one));
  });
});
