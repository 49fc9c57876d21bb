import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/fault.ts';
import type { LambdaFunction } from '../../src/model/function.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import { open, temporaryFolder } from '../project/temporary-project.ts';

/** A function in a line: path, package, memory, and the place of its logical ID. */
function shown(one: LambdaFunction): string {
  const code = one.package;
  const what =
    code.kind === 'zip' ? `zip ${code.runtime}` :
    code.kind === 'image' ? `image ${code.dockerfile.dockerfile.source.path} stages ${code.dockerfile.dockerfile.stages.length}` :
    code.kind === 'prebuilt' ? 'prebuilt' : code.kind;
  const memory = one.memory.kind === 'known' ? String(one.memory.value) : '?';
  return `${one.fullPath}: ${what}, ${memory} MB, line ${one.place.line}`;
}

const zip = 'Type: AWS::Serverless::Function\n    Properties: {Runtime: python3.12, Handler: a.h, CodeUri: .}';

interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly functions: readonly string[];
  readonly remarks?: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: 'what sam init writes for an image',
    files: {
      'template.yaml': `AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Description: >
  python3.12

  Sample SAM Template for app

Globals:
  Function:
    Timeout: 3
    # comment
    LoggingConfig:
      LogFormat: JSON
Resources:
  HelloWorldFunction:
    Type: AWS::Serverless::Function # More info about Function Resource
    Properties:
      PackageType: Image
      Architectures:
        - x86_64
      Events:
        HelloWorld:
          Type: Api
          Properties:
            Path: /hello
            Method: get
    Metadata:
      Dockerfile: Dockerfile
      DockerContext: ./hello_world
      DockerTag: python3.12-v1
Outputs:
  HelloWorldFunction:
    Value: !GetAtt HelloWorldFunction.Arn
`,
      'hello_world/Dockerfile': 'FROM public.ecr.aws/lambda/python:3.12\n\nCOPY app.py requirements.txt ./\n\nRUN python3.12 -m pip install -r requirements.txt -t .\n\nCMD ["app.lambda_handler"]\n',
    },
    functions: ['HelloWorldFunction: image hello_world/Dockerfile stages 1, 128 MB, line 15'],
  },
  {
    name: 'a JSON template',
    files: { 'template.json': '{"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Fn": {"Type": "AWS::Serverless::Function", "Properties": {"Runtime": "python3.12", "Handler": "a.h", "MemorySize": {"Fn::If": ["C", 1, 256]}}}},\n "Conditions": {"C": {"Fn::Equals": ["a", "b"]}}}' },
    functions: ['Fn: zip python3.12, 256 MB, line 1'],
  },
  {
    name: 'CRLF and a byte order mark',
    files: { 'template.yaml': `\ufeffResources:\r\n  Fn:\r\n    ${zip.replaceAll('\n', '\r\n')}\r\n` },
    functions: ['Fn: zip python3.12, 128 MB, line 2'],
  },
  {
    name: 'anchors, aliases and merge keys',
    files: {
      'template.yaml': `x-common: &common
  Runtime: python3.12
  Handler: a.h
  MemorySize: &size 512
Resources:
  One:
    Type: AWS::Serverless::Function
    Properties:
      <<: *common
  Two:
    Type: AWS::Serverless::Function
    Properties:
      <<: *common
      MemorySize: 1024
  Three:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.12, MemorySize: *size}
`,
    },
    functions: ['One: zip python3.12, 512 MB, line 6', 'Two: zip python3.12, 1024 MB, line 10', 'Three: zip python3.12, 512 MB, line 15'],
  },
  {
    name: 'a logical ID that stands twice',
    files: { 'template.yaml': `Resources:\n  Fn:\n    ${zip}\n  Fn:\n    ${zip}\n` },
    functions: ['Fn: zip python3.12, 128 MB, line 5'],
    remarks: ['the key Fn stands twice in one map; this one silently wins over line 2'],
  },
  {
    name: 'a multi-stage Dockerfile with ARG in FROM and a here-document',
    files: {
      'template.yaml': 'Resources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties: {PackageType: Image}\n    Metadata: {Dockerfile: docker/Dockerfile, DockerContext: .}\n',
      'docker/Dockerfile': '# syntax=docker/dockerfile:1\nARG TAG=3.12\nFROM public.ecr.aws/lambda/python:${TAG} AS build\nRUN <<EOF\npip install six\nEOF\nFROM build\nCOPY --from=build /var/task /var/task\n',
    },
    functions: ['Fn: image docker/Dockerfile stages 2, 128 MB, line 2'],
  },
  {
    name: 'AWS::Lambda::Function beside SAM types',
    files: {
      'template.yaml': `Resources:
  Plain:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Code: {ZipFile: "def handler(e, c): pass"}
      Tags: [{Key: a, Value: b}]
  Remote:
    Type: AWS::Lambda::Function
    Properties: {Runtime: python3.12, Code: {S3Bucket: !Ref B, S3Key: k}}
  Image:
    Type: AWS::Lambda::Function
    Properties: {PackageType: Image, Code: {ImageUri: "x:latest"}}
  Local:
    Type: AWS::Lambda::Function
    Properties: {Runtime: nodejs22.x, Code: src}
`,
      'src/index.js': '',
    },
    functions: ['Plain: inline, 128 MB, line 2', 'Remote: prebuilt, 128 MB, line 9', 'Image: prebuilt, 128 MB, line 12', 'Local: zip nodejs22.x, 128 MB, line 15'],
  },
  {
    name: 'two levels of nested applications, one template used twice',
    files: {
      'template.yaml': 'Resources:\n  A:\n    Type: AWS::Serverless::Application\n    Properties: {Location: sub/mid.yaml}\n  B:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: sub/leaf.yaml, Parameters: {Size: 2048}}\n  Far:\n    Type: AWS::Serverless::Application\n    Properties: {Location: {ApplicationId: "arn:aws:serverlessrepo:x", SemanticVersion: 1.0.0}}\n',
      'sub/mid.yaml': 'Resources:\n  Leaf:\n    Type: AWS::Serverless::Application\n    Properties: {Location: ./leaf.yaml}\n',
      'sub/leaf.yaml': 'Parameters: {Size: {Type: Number, Default: 192}}\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties: {Runtime: python3.12, MemorySize: !Ref Size}\n',
    },
    functions: ['A/Leaf/Fn: zip python3.12, 192 MB, line 3', 'B/Fn: zip python3.12, 2048 MB, line 3'],
  },
  {
    name: 'an application from S3 and a function under a condition on a pseudo parameter',
    files: { 'template.yaml': `Conditions:\n  InEurope: !Equals [!Ref AWS::Region, eu-west-1]\nResources:\n  App:\n    Type: AWS::Serverless::Application\n    Properties: {Location: "s3://bucket/t.yaml"}\n  Fn:\n    Condition: InEurope\n    ${zip}\n` },
    functions: ['Fn: zip python3.12, 128 MB, line 7'],
  },
  {
    name: 'a Makefile layer and an own runtime',
    files: {
      'template.yaml': 'Resources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties: {Runtime: provided.al2023, Handler: bootstrap, CodeUri: fn}\n    Metadata: {BuildMethod: makefile}\n  L:\n    Type: AWS::Serverless::LayerVersion\n    Properties: {ContentUri: fn}\n    Metadata: {BuildMethod: makefile}\n',
      'fn/Makefile': 'build-Fn:\n',
    },
    functions: ['Fn: zip provided.al2023, 128 MB, line 2'],
  },
  {
    name: 'AWS::Include in the middle of a map',
    files: { 'template.yaml': `Resources:\n  Fn::Transform:\n    Name: AWS::Include\n    Parameters: {Location: more.yaml}\n  Fn:\n    ${zip}\n` },
    functions: ['Fn: zip python3.12, 128 MB, line 5'],
  },
  {
    name: 'a folder and file names with spaces and letters beyond ASCII',
    files: { 'template.yaml': 'Resources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties: {Runtime: python3.12, CodeUri: "söurce code/"}\n', 'söurce code/naïve app.py': 'import os\n' },
    functions: ['Fn: zip python3.12, 128 MB, line 2'],
  },
  {
    name: 'booleans and numbers where text is meant',
    files: { 'template.yaml': 'Resources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties:\n      Runtime: python3.12\n      MemorySize: 0512\n      Environment: {Variables: {ON: on, COUNT: 7, VERSION: 3.10, EMPTY: "", NONE: }}\n' },
    functions: ['Fn: zip python3.12, 330 MB, line 2'],
    remarks: ['Environment.Variables.NONE of Fn is empty, not text'],
  },
  {
    name: 'paths that no file can have',
    files: { 'template.yaml': `Resources:\n  A:\n    Type: AWS::Serverless::Function\n    Properties: {Runtime: python3.12, CodeUri: "a\\0b"}\n  B:\n    Type: AWS::Serverless::Function\n    Properties: {Runtime: python3.12, CodeUri: "${'x'.repeat(5000)}"}\n` },
    functions: ['A: unbuildable, 128 MB, line 2', 'B: unbuildable, 128 MB, line 5'],
  },
  {
    name: 'a template of comments and empty sections',
    files: { 'template.yaml': '# nothing yet\nParameters:\nConditions:\nResources:\n' },
    functions: [],
  },
  {
    name: 'two functions on one Dockerfile, with contexts of their own',
    files: {
      'template.yaml': 'Resources:\n  A:\n    Type: AWS::Serverless::Function\n    Properties: {PackageType: Image}\n    Metadata: {Dockerfile: ../Dockerfile, DockerContext: a}\n  B:\n    Type: AWS::Serverless::Function\n    Properties: {PackageType: Image}\n    Metadata: {Dockerfile: ../Dockerfile, DockerContext: b/}\n',
      'Dockerfile': 'FROM scratch\n', 'a/x': '', 'b/x': '',
    },
    functions: ['A: image Dockerfile stages 1, 128 MB, line 2', 'B: image Dockerfile stages 1, 128 MB, line 6'],
  },
  {
    name: 'a Dockerfile copied under another name of requirements',
    files: {
      'template.yaml': 'Resources:\n  A:\n    Type: AWS::Serverless::Function\n    Properties: {PackageType: Image}\n    Metadata: {Dockerfile: Dockerfile, DockerContext: .}\n',
      'Dockerfile': 'FROM scratch\nCOPY deps.txt gone.txt ./\n', 'deps.txt': 'six\n',
    },
    functions: ['A: image Dockerfile stages 1, 128 MB, line 2'],
  },
];

describe('hard input', () => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, { files, functions, remarks = [] }) => {
    const model = resolveModel(await open(temporaryFolder(files)));
    expect(model.functions.map(shown)).toEqual(functions);
    expect(model.remarks.map((remark) => remark.text)).toEqual(remarks);
  });
});

describe('broken input', () => {
  it.each([
    ['YAML that does not parse', { 'template.yaml': 'Resources:\n  Fn: [1\n  B: 2\n' }, 'syntax/yaml', 'template.yaml'],
    ['JSON that does not parse', { 'template.json': '{"Resources": {,}}' }, 'syntax/', 'template.json'],
    ['a list at the top', { 'template.yaml': '- a\n- b\n' }, 'syntax/yaml', 'template.yaml'],
    ['samconfig that does not parse', { 'template.yaml': 'Resources: {}\n', 'samconfig.toml': 'version = 0.1\n[default\n' }, 'syntax/toml', 'samconfig.toml'],
    ['a Dockerfile with an unknown instruction', { 'template.yaml': cases[5]?.files['template.yaml'] ?? '', 'docker/Dockerfile': 'FROM scratch\nFOO bar\n' }, 'syntax/dockerfile', 'docker/Dockerfile'],
    ['a Dockerfile in Latin-1', { 'template.yaml': cases[5]?.files['template.yaml'] ?? '', 'docker/Dockerfile': Uint8Array.from([0x23, 0xe9]) }, 'project/not-utf8', 'docker/Dockerfile'],
  ])('%s stops with its place', async (_name, files, code, file) => {
    const opening = open(temporaryFolder(files as Readonly<Record<string, string | Uint8Array>>));
    const reason: unknown = await opening.then(() => undefined, (error: unknown) => error);
    expect(reason).toBeInstanceOf(Failure);
    if (!(reason instanceof Failure)) return;
    expect(reason.fault.code.startsWith(code)).toBe(true);
    expect(reason.fault.place?.file).toBe(file);
  });
});
