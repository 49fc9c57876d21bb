import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/fault.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import { check, type Finding } from '../../src/rules/check.ts';
import { rules } from '../../src/rules/index.ts';
import { noKnowledge } from '../../src/rules/knowledge.ts';
import { open, temporaryFolder } from '../project/temporary-project.ts';

// What real projects hold, through the whole audit: nothing fails, everything has a place, and what is claimed is true.

type Files = Readonly<Record<string, string | Uint8Array>>;

const zip = (id: string, more = ''): string => `  ${id}:\n    Type: AWS::Serverless::Function\n    Properties: {Runtime: python3.12, Handler: app.handler, CodeUri: src/, MemorySize: 512, Timeout: 30${more}}\n`;
const image = (dockerfile = 'Dockerfile'): string => `Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Metadata: {Dockerfile: ${dockerfile}, DockerContext: ./app}\n    Properties: {PackageType: Image, MemorySize: 512, Timeout: 30}\n`;
const app = 'import json\n\n\ndef handler(event, context):\n    return json.dumps(event)\n';

interface Audited {
  readonly findings: readonly Finding[];
  readonly remarks: readonly string[];
  readonly packages: readonly string[];
}

async function audit(files: Files, template?: string): Promise<Audited> {
  const folder = temporaryFolder(files);
  const project = await open(folder, { template, allowsMissingTemplates: true });
  const model = resolveModel(project);
  const { findings, defects } = check(rules, { project, model, knowledge: noKnowledge });
  expect(defects).toEqual([]);
  for (const { place } of findings) {
    const text = files[place.file] === undefined ? '' : readFileSync(join(folder, place.file), 'utf8');
    expect(place.line, JSON.stringify(place)).toBeLessThanOrEqual(text.split(/\r\n|\r|\n/u).length);
    expect(place.column).toBeGreaterThanOrEqual(1);
  }
  return { findings, remarks: model.remarks.map(({ text, place }) => `${place.file}:${place.line} ${text}`), packages: model.functions.map((one) => `${one.fullPath} ${one.package.kind}`) };
}

function of(findings: readonly Finding[], rule: string): readonly string[] {
  return findings.filter((one) => one.rule === rule).map(({ place, message }) => `${place.file}:${place.line} ${message}`);
}

const readable: readonly { readonly name: string; readonly files: Files; readonly template?: string; readonly packages: readonly string[]; readonly rule?: readonly [id: string, ...messages: string[]]; readonly remarks?: readonly string[] }[] = [
  {
    name: 'several templates in a folder, one of them named',
    files: { 'api.yaml': `Resources:\n${zip('Api')}`, 'jobs.yaml': `Resources:\n${zip('Jobs')}`, 'src/app.py': app },
    template: 'jobs.yaml',
    packages: ['Jobs zip'],
  },
  {
    name: 'nested applications, one of which a script makes first',
    files: { 'template.yaml': `Resources:\n  Own:\n    Type: AWS::Serverless::Application\n    Properties: {Location: own/template.yaml}\n  Made:\n    Type: AWS::Serverless::Application\n    Properties: {Location: made/packaged.yaml}\n${zip('Fn')}`, 'own/template.yaml': `Resources:\n${zip('Inner')}`, 'own/src/app.py': app, 'src/app.py': app },
    packages: ['Fn zip', 'Own/Inner zip'],
  },
  {
    name: 'a loop over functions',
    files: { 'template.yaml': "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\nResources:\n  Fn::ForEach::Each:\n    - Name\n    - [One, Two]\n    - ${Name}Function:\n        Type: AWS::Serverless::Function\n        Properties: {Runtime: python3.12, Handler: app.handler, CodeUri: src/}\n", 'src/app.py': app },
    packages: ['OneFunction zip', 'TwoFunction zip'],
  },
  {
    name: 'JSON with a byte order mark, CRLF and a key that stands twice',
    files: { 'template.json': `\ufeff{\r\n "Resources": {\r\n  "Fn": {"Type": "AWS::Serverless::Function", "Properties": {"Runtime": "python3.12", "Handler": "app.handler", "CodeUri": "src/", "Timeout": 3, "Timeout": 9}}\r\n }\r\n}\r\n`, 'src/app.py': app },
    packages: ['Fn zip'],
    rule: ['template/duplicate-key', 'template.json:3 Timeout stands twice in Properties: this one wins, that of line 3 (3) is silently lost'],
  },
  {
    name: 'lists whose closing bracket stands under their key',
    files: { 'template.yaml': `Conditions: {C: !Equals [a, b]}\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties:\n      Runtime: python3.12\n      Handler: app.handler\n      CodeUri: src/\n      VpcConfig: !If [C, {\n        SubnetIds: [a]\n      }, !Ref AWS::NoValue]\n      Timeout: 30\n`, 'src/app.py': app },
    packages: ['Fn zip'],
  },
  {
    name: 'samconfig in YAML',
    files: { 'template.yaml': `Parameters: {Size: {Type: Number, Default: 128}}\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties: {Runtime: python3.12, Handler: app.handler, CodeUri: src/, MemorySize: !Ref Size}\n`, 'samconfig.yaml': 'version: 0.1\ndefault:\n  build:\n    parameters: {cached: true, parallel: true}\n  deploy:\n    parameters: {parameter_overrides: Size=1024}\n', 'src/app.py': app },
    packages: ['Fn zip'],
    rule: ['template/unfit-memory'],
  },
  {
    name: 'here-documents, a backtick that escapes, ONBUILD, ARG in FROM and COPY from an image',
    files: {
      'template.yaml': image(),
      'app/Dockerfile': '# escape=`\nARG TAG=3.12\nFROM public.ecr.aws/lambda/python:${TAG} AS base\nONBUILD RUN echo built\nCOPY --from=public.ecr.aws/awsguru/aws-lambda-adapter:0.9.1 /lambda-adapter /opt/extensions/lambda-adapter\nFROM base\nRUN <<EOF\nset -e\nmkdir -p /opt/data\nEOF\nCOPY <<-"SETTINGS" /var/task/settings.ini\n\t[a]\n\tb = $c\nSETTINGS\nRUN echo one `\n    two\nCOPY app.py ./\nCMD ["app.handler"]\n',
      'app/app.py': app,
    },
    packages: ['Fn image'],
    rule: ['dockerfile/unpinned-base-image', 'app/Dockerfile:3 public.ecr.aws/lambda/python:3.12 has no digest: the same tag can be another image tomorrow', 'app/Dockerfile:5 public.ecr.aws/awsguru/aws-lambda-adapter:0.9.1 has no digest: the same tag can be another image tomorrow'],
  },
  {
    name: 'a context above the project folder',
    files: { 'template.yaml': 'Resources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Metadata: {Dockerfile: Dockerfile, DockerContext: ../nowhere}\n    Properties: {PackageType: Image}\n' },
    packages: ['Fn unbuildable'],
  },
  {
    name: 'AWS::Include, anchors and a template of nothing but other resources',
    files: { 'template.yaml': 'x: &tags {project: a}\nResources:\n  Bucket:\n    Type: AWS::S3::Bucket\n    Properties:\n      Tags: *tags\n      Fn::Transform: {Name: AWS::Include, Parameters: {Location: more.yaml}}\n' },
    packages: [],
  },
];

describe('an audit of what real projects hold', () => {
  it.each(readable)('$name', async ({ files, template, packages, rule, remarks }) => {
    const audited = await audit(files, template);
    expect(audited.packages).toEqual(packages);
    if (rule) expect(of(audited.findings, rule[0])).toEqual(rule.slice(1));
    if (remarks) expect(audited.remarks).toEqual(remarks);
  });
});

const refused: readonly { readonly name: string; readonly files: Files; readonly code: string; readonly at: string }[] = [
  { name: 'a template in Latin-1', files: { 'template.yaml': new Uint8Array([...Buffer.from('Description: "caf'), 0xe9, ...Buffer.from('"\nResources: {}\n')]) }, code: 'project/not-utf8', at: 'template.yaml:1:18' },
  { name: 'a template in UTF-16', files: { 'template.yaml': Buffer.from('\ufeffResources: {}\n', 'utf16le') }, code: 'project/not-utf8', at: 'template.yaml:1:1' },
  { name: 'a template cut off in the middle', files: { 'template.yaml': 'Resources:\n  Fn:\n    Type: "AWS::Server' }, code: 'syntax/yaml', at: 'template.yaml:3:22' },
  { name: 'a samconfig with a line break in a string', files: { 'template.yaml': `Resources:\n${zip('Fn')}`, 'samconfig.toml': 'version = 0.1\n[default.deploy.parameters]\nparameter_overrides = [\n  "A=1,\n]\n' }, code: 'syntax/toml', at: 'samconfig.toml:4:7' },
  { name: 'a Dockerfile whose here-document never ends', files: { 'template.yaml': image(), 'app/Dockerfile': 'FROM scratch\nCOPY <<EOF /a\ntext\n' }, code: 'syntax/dockerfile', at: 'app/Dockerfile:2:1' },
];

describe('an audit of what cannot be read', () => {
  it.each(refused)('refuses $name, and says where', async ({ files, code, at }) => {
    const error: unknown = await audit(files).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Failure);
    const { fault } = error as Failure;
    expect([fault.code, `${fault.place?.file ?? ''}:${fault.place?.line ?? 0}:${fault.place?.column ?? 0}`]).toEqual([code, at]);
    expect(fault.next).toBeTruthy();
  });
});
