import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure, type Fault } from '../../src/base/fault.ts';
import { open, project, temporaryFolder } from './temporary-project.ts';

const image = `
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      PackageType: Image
    Metadata:
      Dockerfile: Dockerfile
      DockerContext: ./app
`;

const zip = (codeUri: string): string => `
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      CodeUri: ${codeUri}
`;

async function faultOf(opening: Promise<unknown>): Promise<Fault> {
  const reason = await opening.then(() => undefined, (error: unknown) => error);
  if (!(reason instanceof Failure)) throw new Error(`no Failure but ${String(reason)}`);
  return reason.fault;
}

describe('finding the template', () => {
  it.each([
    [['template.yaml', 'template.yml', 'template.json'], 'template.yaml'],
    [['template.yml', 'template.json'], 'template.yml'],
    [['template.json', 'other.yaml'], 'template.json'],
    [['sam.yaml'], 'sam.yaml'],
  ])('of %j takes %s', async (names, expected) => {
    const text = (name: string): string => (name.endsWith('.json') ? '{"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}' : zip('.'));
    const found = await project(Object.fromEntries(names.map((name) => [name, text(name)])));
    expect(found.templates[0].source.path).toBe(expected);
  });

  it('takes the one that the caller names, with the samconfig beside it', async () => {
    const found = await project(
      { 'template.yaml': zip('.'), 'stack/main.yaml': zip('.'), 'stack/samconfig.toml': 'version = 0.1\n' },
      { template: 'stack/main.yaml' },
    );
    expect(found.templates[0].source.path).toBe('stack/main.yaml');
    expect(found.samconfig?.source.path).toBe('stack/samconfig.toml');
  });

  it("takes samconfig's template_file of the environment", async () => {
    const files = {
      'template.yaml': zip('.'),
      'prod.yaml': zip('.'),
      'samconfig.toml': 'version = 0.1\n[prod.global.parameters]\ntemplate_file = "prod.yaml"\n',
    };
    expect((await project(files)).templates[0].source.path).toBe('template.yaml');
    expect((await project(files, { profile: 'prod' })).templates[0].source.path).toBe('prod.yaml');
  });

  it('says where it looked when there is none', async () => {
    const folder = temporaryFolder({ 'notes.yaml': 'a: 1\n' });
    const fault = await faultOf(open(folder));
    expect(fault.code).toBe('project/not-found');
    expect(fault.what).toBe(`no SAM template in ${folder}`);
    expect(fault.why).toContain(`looked for template.yaml, template.yml, template.json in ${folder}`);
    expect(fault.next).toContain('--project DIR');
  });

  it('asks to choose when several could be meant', async () => {
    const fault = await faultOf(project({ 'a.yaml': zip('.'), 'b.yaml': zip('.') }));
    expect(fault.what).toBe('2 templates and none of them is called template.yaml: a.yaml, b.yaml');
    expect(fault.next).toContain('--template a.yaml');
  });

  it('points at a template_file that names nothing', async () => {
    const fault = await faultOf(project({ 'template.yaml': zip('.'), 'samconfig.toml': 'version = 0.1\n[default.build.parameters]\ntemplate_file = "gone.yaml"\n' }));
    expect(fault.what).toBe('template_file names gone.yaml, which is not there');
    expect(fault.place).toEqual({ file: 'samconfig.toml', line: 3, column: 1 });
  });

  it('says so when the folder itself is missing', async () => {
    expect((await faultOf(open('/nowhere/at/all'))).code).toBe('project/not-found');
  });
});

describe('following references', () => {
  it('reads the Dockerfile of a build context with the ignore file that Docker would use', async () => {
    const files = { 'template.yaml': image, 'app/Dockerfile': 'FROM scratch\n', 'app/.dockerignore': '*.md\n' };
    const found = await project(files);
    expect(found.dockerfiles.map((file) => [file.dockerfile.source.path, file.ignore?.text])).toEqual([['app/Dockerfile', '*.md\n']]);
    const preferred = await project({ ...files, 'app/Dockerfile.dockerignore': 'docs\n' });
    expect(preferred.dockerfiles[0]?.ignore?.text).toBe('docs\n');
  });

  it('keeps a missing context or Dockerfile as data', async () => {
    const found = await project({ 'template.yaml': image });
    expect(found.dockerfiles).toEqual([]);
    expect([...found.named.entries()].map(([path, kind]) => [path.slice(found.folder.length), kind])).toEqual([['/app', 'absent'], ['/app/Dockerfile', 'absent']]);
  });

  it('reads requirements, what they include, and Python sources of code folders', async () => {
    const found = await project({
      'template.yaml': zip('src'),
      'src/requirements.txt': '-r requirements/base.txt\n-r gone.txt\n',
      'src/requirements/base.txt': 'requests\n',
      'src/requirements-dev.txt': 'pytest\n',
      'src/requirements.in': 'requests\n',
      'src/app.py': 'import requests\n',
      'src/.venv/lib/x.py': 'import nothing\n',
      'src/old/pyvenv.cfg': '',
      'src/old/y.py': 'import nothing\n',
      'elsewhere/z.py': 'import nothing\n',
    });
    expect(found.requirements.map((file) => file.requirements.source.path)).toEqual([
      'src/requirements-dev.txt', 'src/requirements.in', 'src/requirements.txt', 'src/requirements/base.txt',
    ]);
    expect(found.pythonSources.map((file) => file.source.path)).toEqual(['src/app.py']);
    expect(found.faults.map((fault) => fault.what)).toEqual(['src/requirements.txt names gone.txt, which is not there']);
    expect(found.faults[0]?.place).toEqual({ file: 'src/requirements.txt', line: 2, column: 1 });
  });

  it('follows values that parameters and samconfig give', async () => {
    const template = `
Parameters:
  Name:
    Type: String
    Default: one
${zip('!Sub "src/${Name}"').slice(1)}`;
    const files = { 'template.yaml': template, 'src/one/a.py': '', 'src/two/b.py': '', 'samconfig.toml': 'version = 0.1\n[prod.build.parameters]\nparameter_overrides = "Name=two"\n' };
    expect((await project(files)).pythonSources.map((file) => file.source.path)).toEqual(['src/one/a.py']);
    expect((await project(files, { profile: 'prod' })).pythonSources.map((file) => file.source.path)).toEqual(['src/two/b.py']);
    expect((await project(files, { parameterOverrides: { Name: 'two' } })).pythonSources.map((file) => file.source.path)).toEqual(['src/two/b.py']);
  });

  it('reads nested templates and stops at one that is missing or contains itself', async () => {
    const nest = (location: string): string => `Resources:\n  Inner:\n    Type: AWS::Serverless::Application\n    Properties:\n      Location: ${location}\n`;
    const found = await project({ 'template.yaml': nest('inner/template.yaml'), 'inner/template.yaml': nest('https://example.com/t.yaml') });
    expect(found.templates.map((template) => [template.source.path, template.stackPath])).toEqual([['template.yaml', []], ['inner/template.yaml', ['Inner']]]);
    const missing = await faultOf(project({ 'template.yaml': nest('gone.yaml') }));
    expect(missing.what).toBe('Inner nests gone.yaml, which is not there');
    const looking = await project({ 'template.yaml': nest('gone.yaml') }, { allowsMissingTemplates: true });
    expect(looking.faults.map(({ what, place }) => [what, place?.line])).toEqual([['Inner nests gone.yaml, which is not there', 5]]);
    expect(missing.place).toEqual({ file: 'template.yaml', line: 5, column: 17 });
    expect((await faultOf(project({ 'template.yaml': nest('./template.yaml') }))).code).toBe('project/unsupported');
  });

  it('resolves the paths of a linked template where the link leads, as sam does', async () => {
    const folder = temporaryFolder({ 'real/template.yaml': zip('src'), 'real/src/app.py': 'import os\n' });
    symlinkSync('real/template.yaml', join(folder, 'template.yaml'));
    expect((await open(folder)).pythonSources.map((file) => file.source.path)).toEqual(['real/src/app.py']);
  });

  it('notes local files of AWS::Include', async () => {
    const found = await project({
      'template.yaml': `${zip('.')}\nFn::Transform:\n  Name: AWS::Include\n  Parameters:\n    Location: ./more.yaml\n`,
      'more.yaml': 'A: 1\n',
    });
    expect(found.includes.map((include) => [include.path.slice(found.folder.length), include.exists, include.place.line])).toEqual([['/more.yaml', true, 13]]);
  });
});

describe('listing files', () => {
  it('lists sizes, sorted, without what is no part of a project', async () => {
    const found = await project({
      'template.yaml': zip('.'), 'b.txt': '12345', 'a/c.bin': new Uint8Array(3), '.git/config': 'x', '.aws-sam/build/t': 'x', 'node_modules/m/i.js': 'x', '__pycache__/a.pyc': 'x',
    });
    expect(found.files).toEqual([{ path: 'a/c.bin', size: 3 }, { path: 'b.txt', size: 5 }, { path: 'template.yaml', size: Buffer.byteLength(zip('.')) }]);
    expect(found.areFilesComplete).toBe(true);
  });

  it('follows no link out of the project', async () => {
    const outside = temporaryFolder({ 'secret.txt': 'secret', 'inside/x': 'x' });
    const folder = temporaryFolder({ 'template.yaml': zip('.'), 'real.txt': '123' });
    symlinkSync(join(outside, 'secret.txt'), join(folder, 'leak.txt'));
    symlinkSync(join(outside, 'inside'), join(folder, 'leak'));
    symlinkSync('real.txt', join(folder, 'link.txt'));
    symlinkSync('itself', join(folder, 'itself'));
    expect((await open(folder)).files.map((file) => file.path)).toEqual(['link.txt', 'real.txt', 'template.yaml']);
  });

  it('lists a code folder outside the project by its relative path', async () => {
    const folder = temporaryFolder({ 'app/template.yaml': zip('../src'), 'src/main.py': 'import os\n' });
    const found = await open(join(folder, 'app'));
    expect(found.files.map((file) => file.path)).toEqual(['../src/main.py', 'template.yaml']);
    expect(found.pythonSources.map((file) => file.source.path)).toEqual(['../src/main.py']);
  });
});

describe('unsaved texts', () => {
  it('stand in for files, add to them, and make their folders', async () => {
    const folder = temporaryFolder({ 'template.yaml': zip('src'), 'src/app.py': 'import a\n' });
    const found = await open(folder, { overlay: new Map([['template.yaml', zip('lib')], ['lib/new.py', 'import b\n'], ['lib/requirements.txt', 'b\n']]) });
    expect(found.pythonSources.map((file) => file.source.text)).toEqual(['import b\n']);
    expect(found.requirements.map((file) => file.requirements.source.path)).toEqual(['lib/requirements.txt']);
    expect(found.files.map((file) => file.path)).toEqual(['lib/new.py', 'lib/requirements.txt', 'src/app.py', 'template.yaml']);
  });
});

describe('broken input', () => {
  it('names the byte that is not UTF-8', async () => {
    const fault = await faultOf(project({ 'template.yaml': Buffer.concat([Buffer.from('# caf'), Buffer.from([0xe9]), Buffer.from('\nResources: {}\n')]) }));
    expect(fault.code).toBe('project/not-utf8');
    expect(fault.what).toBe('template.yaml is not UTF-8: byte 5 (0xE9) starts no character');
    expect(fault.place).toEqual({ file: 'template.yaml', line: 1, column: 6 });
  });

  it.each([
    ['a UTF-8 text cut off in the middle of a character', [0x61, 0x0a, 0xe2, 0x82], 2, { line: 2, column: 1 }],
    ['UTF-16', [0xff, 0xfe, 0x61, 0x00], 0, { line: 1, column: 1 }],
  ])('finds the place in %s', async (_name, bytes, at, place) => {
    const fault = await faultOf(project({ 'template.yaml': Uint8Array.from(bytes) }));
    expect(fault.what).toContain(`byte ${at} `);
    expect(fault.place).toEqual({ file: 'template.yaml', ...place });
  });

  it('keeps a Python file in another encoding as a fault and reads on', async () => {
    const found = await project({ 'template.yaml': zip('.'), 'bad.py': Uint8Array.from([0x23, 0xe9, 0x0a]), 'good.py': 'import os\n' });
    expect(found.pythonSources.map((file) => file.source.path)).toEqual(['good.py']);
    expect(found.faults.map((fault) => fault.code)).toEqual(['project/not-utf8']);
  });

  it('says which file the system refuses', async () => {
    const folder = temporaryFolder({ 'template.yaml/x': '' , 'sam.yaml': zip('.') });
    chmodSync(join(folder, 'sam.yaml'), 0o644);
    expect((await open(folder)).templates[0].source.path).toBe('sam.yaml');
    expect((await faultOf(open(folder, { template: 'template.yaml' }))).what).toBe('the template template.yaml is a folder');
  });
});
