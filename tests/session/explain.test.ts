import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { printExplanations } from '../../src/report/explain-text.ts';
import { explainBuild } from '../../src/session/explain.ts';
import { testHost } from '../support/host.ts';

const root = mkdtempSync(join(tmpdir(), 'shear-explain-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const files: Readonly<Record<string, string>> = {
  'template.yaml': `Transform: AWS::Serverless-2016-10-31
Parameters:
  Elsewhere: { Type: String }
Resources:
  Image:
    Type: AWS::Serverless::Function
    Metadata: { Dockerfile: Dockerfile, DockerContext: image }
    Properties: { PackageType: Image }
  Plain:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: plain, Handler: app.handler, Runtime: python3.12 }
  Npm:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: npm, Handler: app.handler, Runtime: nodejs22.x }
  Unknown:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: !Ref Elsewhere, Handler: app.handler, Runtime: python3.12 }
  Inline:
    Type: AWS::Serverless::Function
    Properties: { InlineCode: "def handler(e, c): return 1", Handler: index.handler, Runtime: python3.12 }
  Tools:
    Type: AWS::Serverless::LayerVersion
    Metadata: { BuildMethod: makefile }
    Properties: { ContentUri: tools }
`,
  'image/Dockerfile': 'FROM public.ecr.aws/lambda/python:3.12\nRUN dnf install -y gcc\nCOPY app.py ./\nCMD ["app.handler"]\n',
  'image/app.py': '',
  'plain/app.py': '',
  'plain/requirements.txt': 'six\n',
  'npm/package.json': '{ "dependencies": { "uuid": "9.0.1" } }',
  'tools/Makefile': 'build-Tools:\n\ttrue\n',
};

describe('build --explain', () => {
  it('tells of every function and instruction what builds it and why, although no base image can be reached and nothing was built', async () => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const host = testHost({ env: { HOME: root, PATH: '/usr/bin:/bin', SHEAR_REGISTRY_MIRRORS: 'public.ecr.aws=http://127.0.0.1:9' }, cwd: root, cacheFolder: join(root, 'cache') });
    const explanations = await explainBuild(host, { folder: root, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: false });
    expect(explanations.map(({ name, engine }) => `${name} ${engine}`)).toEqual(['Tools make', 'Image buildkit', 'Plain native', 'Npm sam', 'Unknown none', 'Inline none']);
    const text = printExplanations(explanations);
    expect(text).toContain('Image  buildkit  (BuildKit builds the whole image because of image/Dockerfile:2:1: ');
    expect(text).toContain('  image/Dockerfile:3  native   COPY app.py ./  (');
    expect(text).toMatch(/public\.ecr\.aws\/lambda\/python:3\.12 could not be looked at: .*; what follows from it may turn out otherwise/u);
    expect(text).toContain('Plain  native  (python3.12: the wheels of requirements.txt and the sources are packed side by side)');
    expect(text).toContain('Npm  sam  (nodejs22.x with packages in package.json, which npm has to install)');
    expect(text).toMatch(/Unknown {2}not built {2}\(it cannot be built: .*template\.yaml:/u);
  });
});
