import { describe, expect, it } from 'vitest';
import type { LambdaFunction, Model, Value } from '../../src/model/function.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import type { OpenOptions } from '../../src/project/open.ts';
import { project } from '../project/temporary-project.ts';

type Files = Readonly<Record<string, string>>;

async function model(template: string, more: Files = {}, options: Omit<OpenOptions, 'folder'> = {}): Promise<Model> {
  const opened = await project({ 'template.yaml': template, ...more }, options);
  return resolveModel(opened, options);
}

async function only(template: string, more: Files = {}, options: Omit<OpenOptions, 'folder'> = {}): Promise<LambdaFunction> {
  const { functions } = await model(template, more, options);
  const [first] = functions;
  if (!first || functions.length !== 1) throw new Error(`${functions.length} functions`);
  return first;
}

/** A value as `known origin`, or `?` for one that only a deployment can tell. */
function shown(value: Value<unknown> | undefined): string {
  if (!value) return 'absent';
  return value.kind === 'known' ? `${JSON.stringify(value.value)} ${value.from}` : '?';
}

const fn = (properties: string, head = ''): string => `${head}
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      CodeUri: .
${properties.replace(/^/gmu, '      ')}
`;

describe('a zip function', () => {
  it('has the defaults of Lambda and sam', async () => {
    const found = await only('Resources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties: {Runtime: python3.12, Handler: app.handler}\n', { 'requirements.txt': 'six\n' });
    expect([found.memory, found.timeout, found.ephemeralStorage, found.architecture].map(shown)).toEqual(['128 default', '3 default', '512 default', '"x86_64" default']);
    expect(found.package).toMatchObject({ kind: 'zip', codeFolder: found.template.path.replace('/template.yaml', ''), runtime: 'python3.12', handler: 'app.handler', buildMethod: undefined });
    expect(found.package.kind === 'zip' && found.package.requirements?.requirements.source.path).toBe('requirements.txt');
    expect(found.fullPath).toBe('Fn');
    expect(found.place).toEqual({ file: 'template.yaml', line: 2, column: 3 });
  });

  it.each([
    ['CodeUri: s3://bucket/key.zip', { kind: 'prebuilt', location: 's3://bucket/key.zip' }],
    ['CodeUri: {Bucket: b, Key: k}', { kind: 'prebuilt', location: 's3://b/k' }],
    ['InlineCode: "x = 1"', { kind: 'inline', text: 'x = 1' }],
    ['CodeUri: gone', { kind: 'unbuildable', why: 'its code folder gone is not there' }],
    ['CodeUri: !GetAtt A.B', { kind: 'unbuildable', why: 'where its code is cannot be told: A.B is known once deployed' }],
    ['CodeUri: template.yaml', { kind: 'unbuildable', why: 'its code folder template.yaml is a file, not a folder' }],
    ['CodeUri: [a]', { kind: 'unbuildable', why: 'where its code is cannot be told: it is a list, not a path or an address' }],
    ['PackageType: Tar', { kind: 'unbuildable', why: 'PackageType is Tar; Lambda knows Zip and Image' }],
    ['Runtime: !GetAtt A.B', { kind: 'unbuildable', why: 'its Runtime cannot be told: A.B is known once deployed' }],
  ])('with %s', async (property, expected) => {
    const name = property.slice(0, property.indexOf(':'));
    const found = await only(fn(property).replace(new RegExp(`^ {6}${name}: (?:\\.|python3.12)\\n`, 'mu'), ''));
    expect(found.package).toMatchObject(expected);
  });

  it('reads how it is built', async () => {
    const found = await only(`${fn('')}    Metadata:\n      BuildMethod: makefile\n      ContextPath: ..\n      BuildProperties: {Minify: true, Target: es2020, EntryPoints: [a.ts]}\n`);
    expect(found.package).toMatchObject({ buildMethod: 'makefile', buildProperties: { Minify: true, Target: 'es2020', EntryPoints: ['a.ts'], ContextPath: '..' } });
    expect((await only(`${fn('')}    Metadata: {BuildMethod: python3.12}\n`)).package).toMatchObject({ buildMethod: undefined });
    expect((await only(`${fn('')}    Metadata: {SkipBuild: True}\n`)).package.kind).toBe('prebuilt');
  });
});

describe('an image function', () => {
  const image = (metadata: string, properties = ''): string => `
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      PackageType: Image
${properties.replace(/^(?=.)/gmu, '      ')}
    Metadata:
${metadata.replace(/^/gmu, '      ')}
`;

  it('is built from the Dockerfile that its Metadata names', async () => {
    const found = await only(
      image('Dockerfile: docker/fn.Dockerfile\nDockerContext: app\nDockerTag: v1\nDockerBuildTarget: final\nDockerBuildArgs: {A: x, B: 3}\nDockerBuildExtraParams: [--ssh, default]', 'ImageConfig:\n  Command: [app.handler]\n  WorkingDirectory: /w\n'),
      { 'app/docker/fn.Dockerfile': 'FROM scratch\n' },
    );
    expect(found.package).toMatchObject({
      kind: 'image', tag: 'v1', target: 'final', buildArgs: { A: 'x', B: '3' }, extraParameters: ['--ssh', 'default'],
      imageConfig: { command: ['app.handler'], entryPoint: undefined, workingDirectory: '/w' },
    });
    expect(found.package.kind === 'image' && found.package.dockerfile.dockerfile.source.path).toBe('app/docker/fn.Dockerfile');
  });

  it.each([
    ['a missing context', 'Dockerfile: Dockerfile\nDockerContext: gone', 'its build context gone is not a folder: looked for ', 9],
    ['a missing Dockerfile', 'Dockerfile: Gone\nDockerContext: .', 'Metadata.Dockerfile, Gone, is not in the build context: looked for ', 8],
    ['no context', 'Dockerfile: Dockerfile', 'its Metadata has no DockerContext, and there is no ImageUri', 8],
    ['a context that cannot be told', 'Dockerfile: Dockerfile\nDockerContext: !Ref Nope', 'Metadata.DockerContext cannot be told: the template has no parameter or resource Nope', 9],
  ])('with %s cannot be built, and says where', async (_name, metadata, why, line) => {
    const found = await only(image(metadata).replace('Image\n\n', 'Image\n'));
    expect(found.package.kind).toBe('unbuildable');
    if (found.package.kind !== 'unbuildable') return;
    expect(found.package.why).toContain(why);
    expect(found.package.place.line).toBe(line);
  });

  it('is passed through when it has an ImageUri and no Dockerfile', async () => {
    const found = await only(image('Owner: me', 'ImageUri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn@sha256:abc'));
    expect(found.package).toEqual({ kind: 'prebuilt', location: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/fn@sha256:abc' });
    const sub = await only(image('Owner: me', 'ImageUri: !Sub "${AWS::AccountId}.dkr.ecr.eu-west-1.amazonaws.com/fn"'));
    expect(sub.package.kind).toBe('prebuilt');
  });

  it('without PackageType is what sam takes it for', async () => {
    const found = await only(image('Dockerfile: Dockerfile\nDockerContext: .').replace('PackageType: Image', 'MemorySize: 128'), { Dockerfile: 'FROM scratch\n' });
    expect(found.package).toMatchObject({ kind: 'unbuildable' });
  });

  it('names the build arguments that only a deployment can tell', async () => {
    const found = await only(image('Dockerfile: Dockerfile\nDockerContext: .\nDockerBuildArgs: {A: !Ref AWS::AccountId, B: b}'), { Dockerfile: 'FROM scratch\n' });
    expect(found.package).toMatchObject({ kind: 'image', buildArgs: { B: 'b' }, unresolvedBuildArgs: ['A'] });
  });
});

describe('Globals', () => {
  const globals = `
Globals:
  Function:
    MemorySize: 1024
    Timeout: 30
    Environment:
      Variables: {A: global, B: global}
    Tags: {team: x}
    Layers: [arn:aws:lambda:eu-west-1:1:layer:g:1]
    Architectures: [arm64]
`;

  it('merge as SAM merges them: scalars overridden, maps deep, lists with the global items first', async () => {
    const found = await only(fn('Timeout: 10\nEnvironment:\n  Variables: {B: own, C: own}\nLayers: ["arn:aws:lambda:eu-west-1:1:layer:own:2"]', globals));
    expect([found.memory, found.timeout, found.architecture].map(shown)).toEqual(['1024 globals', '10 resource', '"arm64" globals']);
    expect(Object.entries(found.environment).map(([name, value]) => `${name}=${shown(value)}`)).toEqual(['A="global" globals', 'B="own" resource', 'C="own" resource']);
    expect(found.layers).toEqual([{ kind: 'arn', arn: 'arn:aws:lambda:eu-west-1:1:layer:g:1' }, { kind: 'arn', arn: 'arn:aws:lambda:eu-west-1:1:layer:own:2' }]);
    expect(shown(found.tags['team'])).toBe('"x" globals');
  });

  it('are left alone by IgnoreGlobals, AWS::NoValue and AWS::Lambda::Function', async () => {
    const some = await only(`${fn('', globals)}    IgnoreGlobals: [MemorySize]\n`);
    expect([some.memory, some.timeout].map(shown)).toEqual(['128 default', '30 globals']);
    expect(shown((await only(`${fn('', globals)}    IgnoreGlobals: '*'\n`)).timeout)).toBe('3 default');
    expect(shown((await only(fn('Timeout: !Ref AWS::NoValue', globals))).timeout)).toBe('3 default');
    const plain = fn('', globals).replace('AWS::Serverless::Function', 'AWS::Lambda::Function').replace('CodeUri: .', 'Code: .');
    const lambda = await only(plain);
    expect(shown(lambda.timeout)).toBe('3 default');
    expect(lambda.package.kind).toBe('zip');
  });

  it('that SAM refuses become a remark', async () => {
    const { remarks } = await model(fn('', 'Globals:\n  Function:\n    PackageType: Image\n'));
    expect(remarks.map((remark) => [remark.text, remark.place.line])).toEqual([['PackageType cannot stand in Globals: SAM refuses the template when it is deployed', 3]]);
  });
});

describe('values', () => {
  const head = `
Parameters:
  Stage: {Type: String, Default: dev}
  Memory: {Type: Number, Default: 256}
  Names: {Type: CommaDelimitedList, Default: "a, b,c"}
  Secret: {Type: String}
  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /path}
Mappings:
  Sizes:
    dev: {Memory: 512}
    prod: {Memory: 2048}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
  Either: !Or [!Condition IsProd, !Equals [a, a]]
  Unknown: !Equals [!Ref Secret, x]
  Both: !And [!Condition Unknown, !Condition IsProd]
  Loop: !Condition Loop`;
  const variable = async (expression: string, options: Omit<OpenOptions, 'folder'> = {}, more: Files = {}): Promise<string> => {
    const found = await only(fn(`Environment:\n  Variables:\n    X: ${expression}`, head), more, options);
    return shown(found.environment['X']).replace(/ resource$/u, '');
  };

  it.each([
    ['!Ref Stage', '"dev"'],
    ['!Ref Memory', '"256"'],
    ['!Ref Secret', '?'],
    ['!Ref Stored', '?'],
    ['!Ref AWS::Region', '?'],
    ['!Ref Fn', '?'],
    ['!GetAtt Fn.Arn', '?'],
    ['!ImportValue other', '?'],
    ['!Sub "${Stage}-${!literal}-x"', '"dev-${literal}-x"'],
    ['!Sub "${AWS::AccountId}"', '?'],
    ['!Sub ["${A}/${Stage}", {A: !Ref Memory}]', '"256/dev"'],
    ['!Join ["-", [a, !Ref Stage]]', '"a-dev"'],
    ['!Join [".", !Ref Names]', '"a.b.c"'],
    ['!Join ["-", [a, !Ref Secret]]', '?'],
    ['!Select [1, !Ref Names]', '"b"'],
    ['!Select ["0", !Split ["/", "x/y"]]', '"x"'],
    ['!Select [9, !Ref Names]', '?'],
    ['!FindInMap [Sizes, !Ref Stage, Memory]', '"512"'],
    ['!FindInMap [Sizes, none, Memory]', '?'],
    ['!FindInMap [Sizes, none, Memory, {DefaultValue: 7}]', '"7"'],
    ['!If [IsProd, a, b]', '"b"'],
    ['!If [IsDev, a, b]', '"a"'],
    ['!If [Either, a, b]', '"a"'],
    ['!If [Unknown, a, b]', '?'],
    ['!If [Both, a, b]', '"b"'],
    ['!If [Loop, a, b]', '?'],
    ['!If [IsProd, x, !Ref AWS::NoValue]', 'absent'],
    ['{"Fn::Length": !Ref Names}', '"3"'],
    ['!Base64 x', '?'],
    ['true', '"true"'],
    ['0123', '"83"'],
    ['"0123"', '"0123"'],
    ['.', '"."'],
  ])('%s is %s', async (expression, expected) => {
    expect(await variable(expression)).toBe(expected);
  });

  it('come from the command line before samconfig before defaults', async () => {
    const samconfig = { 'samconfig.toml': 'version = 0.1\n[default.deploy.parameters]\nregion = "eu-west-1"\nstack_name = "s"\nparameter_overrides = "Stage=test Secret=\\"two words\\""\n' };
    expect(await variable('!Ref Stage', {}, samconfig)).toBe('"test"');
    expect(await variable('!Ref Secret', {}, samconfig)).toBe('"two words"');
    expect(await variable('!Sub "${AWS::Region}/${AWS::StackName}"', {}, samconfig)).toBe('"eu-west-1/s"');
    expect(await variable('!Ref Stage', { parameterOverrides: { Stage: 'cli' } }, samconfig)).toBe('"cli"');
    expect(await variable('!Ref Secret', { parameterOverrides: { Stage: 'cli' } }, samconfig)).toBe('?');
    expect(await variable('!Ref Stage', { profile: 'other' }, samconfig)).toBe('"dev"');
  });

  it('give a number or a remark', async () => {
    const size = async (text: string): Promise<readonly string[]> => {
      const { functions, remarks } = await model(fn(`MemorySize: ${text}`, head));
      return [shown(functions[0]?.memory), ...remarks.map((remark) => remark.text)];
    };
    expect(await size('!FindInMap [Sizes, prod, Memory]')).toEqual(['2048 resource']);
    expect(await size('"512"')).toEqual(['512 resource']);
    expect(await size('lots')).toEqual(['?', 'MemorySize of Fn is the string "lots", not a number']);
    expect(await size('{a: 1}')).toEqual(['?', 'MemorySize of Fn is a map, not a number']);
    expect(await size('!Ref Secret')).toEqual(['?']);
  });

  it('say why they are unresolved and where', async () => {
    const found = await only(fn('Timeout: !Ref Secret', head));
    expect(found.timeout).toMatchObject({ kind: 'unresolved', why: 'the parameter Secret has no default and no value is given' });
    expect(found.timeout.kind === 'unresolved' && found.timeout.place.file).toBe('template.yaml');
  });

  it('leave out a resource under a false condition and keep one under an unknown condition', async () => {
    const conditioned = (name: string): string => `${fn('', head)}    Condition: ${name}\n`;
    expect((await model(conditioned('IsProd'))).functions).toHaveLength(0);
    expect((await model(conditioned('IsDev'))).functions).toHaveLength(1);
    expect((await model(conditioned('Unknown'))).functions).toHaveLength(1);
  });
});

describe('Lambda layers', () => {
  const template = `
Resources:
  Deps:
    Type: AWS::Serverless::LayerVersion
    Properties:
      ContentUri: layer
    Metadata:
      BuildMethod: python3.12
      BuildArchitecture: arm64
  Gone:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: nowhere}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Layers: [!Ref Deps, !GetAtt Gone.LayerVersionArn, "arn:aws:lambda:us-east-1:1:layer:x:3", !Ref Nope]
`;

  it('are resolved with their folder, build method and references', async () => {
    const found = await model(template, { 'layer/requirements.txt': 'six\n' });
    expect(found.layers.map((layer) => [layer.logicalId, layer.contentFolder !== undefined, layer.buildMethod, layer.architecture, layer.requirements?.requirements.source.path])).toEqual([
      ['Deps', true, 'python3.12', 'arm64', 'layer/requirements.txt'],
      ['Gone', false, undefined, 'x86_64', undefined],
    ]);
    expect(found.functions[0]?.layers.map((layer) => (layer.kind === 'own' ? layer.logicalId : layer.kind))).toEqual(['Deps', 'Gone', 'arn', 'unresolved']);
    expect(found.remarks.map((remark) => remark.text)).toEqual(['the content folder nowhere of Gone is not there']);
  });
});

describe('loops', () => {
  const loop = (collection: string, transform = "Transform: ['AWS::LanguageExtensions', 'AWS::Serverless-2016-10-31']"): string => `
${transform}
Parameters:
  Names: {Type: CommaDelimitedList, Default: "Alpha,Beta"}
  Open: {Type: CommaDelimitedList}
Resources:
  Fn::ForEach::Functions:
    - Name
    - ${collection}
    - Fn\${Name}:
        Type: AWS::Serverless::Function
        Properties:
          Runtime: python3.12
          Handler: app.handler
          CodeUri: src/\${Name}
          Environment:
            Variables:
              NAME: !Ref Name
              BOTH: !Sub "x-\${Name}"
`;
  const sources = { 'src/Alpha/app.py': '', 'src/Beta/app.py': '' };

  it.each([['[Alpha, Beta]'], ['!Ref Names']])('over %s are written out', async (collection) => {
    const { functions, remarks } = await model(loop(collection), sources);
    expect(functions.map((one) => [one.logicalId, one.package.kind, shown(one.environment['NAME']), shown(one.environment['BOTH'])])).toEqual([
      ['FnAlpha', 'zip', '"Alpha" resource', '"x-Alpha" resource'],
      ['FnBeta', 'zip', '"Beta" resource', '"x-Beta" resource'],
    ]);
    expect(remarks).toEqual([]);
  });

  it('over something unknown stay, with a remark', async () => {
    const { functions, remarks } = await model(loop('!Ref Open'), sources);
    expect(functions).toEqual([]);
    expect(remarks.map((remark) => remark.text)).toEqual(['Fn::ForEach::Functions is not expanded: the parameter Open has no default and no value is given']);
  });

  it('without the transform get a remark', async () => {
    const { remarks } = await model(loop('[Alpha]', 'Transform: AWS::Serverless-2016-10-31'), sources);
    expect(remarks.map((remark) => remark.text)).toEqual(['Fn::ForEach needs AWS::LanguageExtensions in Transform: CloudFormation refuses the template without it']);
  });

  it('inside one another multiply', async () => {
    const nested = `
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Outer:
    - A
    - [P, Q]
    - Fn::ForEach::Inner:
        - B
        - ["1", "2.0"]
        - "\${A}&{B}":
            Type: AWS::Serverless::Function
            Properties: {Runtime: python3.12}
`;
    expect((await model(nested)).functions.map((one) => one.logicalId)).toEqual(['P1', 'P20', 'Q1', 'Q20']);
  });
});

describe('nested applications', () => {
  it('get the parameters that their parent passes', async () => {
    const parent = `
Parameters:
  Stage: {Type: String, Default: dev}
Resources:
  Inner:
    Type: AWS::Serverless::Application
    Properties:
      Location: inner/template.yaml
      Parameters:
        Size: 512
        Name: !Sub "n-\${Stage}"
        Arn: !GetAtt X.Arn
`;
    const inner = `
Parameters:
  Size: {Type: Number, Default: 128}
  Name: {Type: String}
  Arn: {Type: String, Default: none}
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      CodeUri: src
      MemorySize: !Ref Size
      Environment: {Variables: {NAME: !Ref Name, ARN: !Ref Arn}}
`;
    const found = await only(parent, { 'inner/template.yaml': inner, 'inner/src/a.py': '' });
    expect(found.fullPath).toBe('Inner/Fn');
    expect([found.memory, found.environment['NAME'], found.environment['ARN']].map(shown)).toEqual(['512 resource', '"n-dev" resource', '?']);
    expect(found.package.kind).toBe('zip');
    expect(found.place.file).toBe('inner/template.yaml');
  });
});

it('layers are followed through the parameters and outputs of stacks', async () => {
  const layer = 'Deps:\n    Type: AWS::Serverless::LayerVersion\n    Properties: {ContentUri: .}\n';
  const root = `Resources:
  ${layer}
  Shared:
    Type: AWS::Serverless::Application
    Properties: {Location: shared.yaml}
  Inner:
    Type: AWS::Serverless::Application
    Properties: {Location: inner.yaml, Parameters: {Above: !Ref Deps, Beside: !GetAtt Shared.Outputs.Arn}}
`;
  const found = await only(root, {
    'shared.yaml': `Resources:\n  ${layer}Outputs:\n  Arn: {Value: !Ref Deps}\n`,
    'inner.yaml': 'Parameters: {Above: {Type: String}, Beside: {Type: String}}\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties: {Runtime: python3.12, Layers: [!Ref Above, !Ref Beside, !Ref Nope]}\n',
  });
  expect(found.layers.map((one) => (one.kind === 'own' ? one.fullPath : one.kind))).toEqual(['Deps', 'Shared/Deps', 'unresolved']);
});

describe('odd shapes', () => {
  it.each([
    ['Resources: []', ['Resources is not a map']],
    ['Resources:\n  A: text', ['the resource A is the string "text", not a map; it is left out']],
    ['Resources:\n  A: {Properties: {}}', ['the resource A has no Type; it is left out']],
    ['Resources:\n  A: {Type: AWS::Serverless::Function, Properties: [1]}', ['Properties of A is a list, not a map']],
    ['Description: nothing', ['the template has no Resources']],
  ])('%j becomes a remark', async (text, expected) => {
    const { remarks } = await model(text);
    for (const one of expected) expect(remarks.map((remark) => remark.text)).toContainEqual(expect.stringContaining(one));
  });

  it('names the line of a key that stands twice', async () => {
    const { functions, remarks } = await model(fn('MemorySize: 256\nMemorySize: 512'));
    expect(shown(functions[0]?.memory)).toBe('512 resource');
    expect(remarks.map((remark) => remark.text)).toEqual(['the key MemorySize stands twice in one map; this one silently wins over line 9']);
  });
});
