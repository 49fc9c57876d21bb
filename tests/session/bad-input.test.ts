import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faultExits, type FaultCode } from '../../src/base/fault.ts';
import type { BuildOptions } from '../../src/session/build.ts';
import { changes, digestsOf, dockerfile, startRig, uv, type Files, type Project, type Rig } from './bad-input-rig.ts';
import { template } from '../support/image-and-zip-template.ts';

let rig: Rig;
/** One for all cases: each leaves it well built, which is part of what is tested. */
let project: Project;
beforeAll(async () => {
  rig = await startRig();
  if (uv !== undefined) project = await rig.project();
});
afterAll(async () => await rig[Symbol.asyncDispose]());

interface Case {
  readonly files?: Files;
  /** What cannot be said as files. */
  readonly spoil?: (project: Project) => void;
  readonly options?: Partial<BuildOptions>;
  /** `none` where it must build all the same. */
  readonly code: FaultCode | 'none';
  readonly place?: string;
  readonly next?: RegExp;
  readonly text?: RegExp;
  readonly warning?: RegExp;
}

const fails = (files: Files, code: Case['code'], place: string = '', next: RegExp = /./u): Case => ({ files, code, place, next });
const bomb = `${['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefghij'.split('').map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[at]}`).join(',')}]`)].join('\n')}\nResources: {Fn: {Type: AWS::Serverless::Function, Properties: {CodeUri: zip, Handler: app.handler, Runtime: python3.12, Tags: {T: *j}}}}\n`;

const cases: Readonly<Record<string, Case>> = {
  'broken YAML': fails({ 'template.yaml': 'Resources:\n  A: [1\n' }, 'syntax/yaml', 'template.yaml:2:7'),
  'an empty template': fails({ 'template.yaml': '' }, 'syntax/yaml', 'template.yaml:1:1'),
  'a template of one text': fails({ 'template.yaml': 'hello\n' }, 'syntax/yaml', 'template.yaml:1:1'),
  'a template without resources': fails({ 'template.yaml': 'Transform: AWS::Serverless-2016-10-31\n' }, 'none'),
  'a template that is a list': fails({ 'template.yaml': '- a\n- b\n' }, 'syntax/yaml', 'template.yaml:1:1'),
  'resources that are a list': fails({ 'template.yaml': 'Resources:\n  - a\n' }, 'none'),
  'a template that is not UTF-8': fails({ 'template.yaml': Buffer.from([0x52, 0x0a, 0x41, 0xff]) }, 'project/not-utf8', 'template.yaml:2:2'),
  'a template in UTF-16': fails({ 'template.yaml': Buffer.from(`\ufeff${template}`, 'utf16le') }, 'project/not-utf8', 'template.yaml:1:1'),
  'a template that is a folder': { spoil: ({ folder }) => { rmSync(join(folder, 'template.yaml')); mkdirSync(join(folder, 'template.yaml')); }, code: 'project/not-found', place: 'template.yaml:1:1' },
  'a named template that is a folder': { options: { template: 'image' }, code: 'project/not-found' },
  'a named template that is not there': { options: { template: 'nothing.yaml' }, code: 'project/not-found' },
  'a template that is a link to itself': { spoil: ({ folder }) => { rmSync(join(folder, 'template.yaml')); symlinkSync('template.yaml', join(folder, 'template.yaml')); }, code: 'project/not-found', place: 'template.yaml:1:1' },
  'an alias bomb': fails({ 'template.yaml': bomb }, 'syntax/yaml', 'template.yaml:6:7'),
  'an alias of itself': fails({ 'template.yaml': 'Resources: &a\n  Fn: *a\n' }, 'syntax/yaml', 'template.yaml:2:7'),
  'very deep YAML': fails({ 'template.yaml': `Resources: ${'['.repeat(20000)}` }, 'syntax/yaml', 'template.yaml:1:211'),
  'very deep JSON': { spoil: ({ folder, write }) => { rmSync(join(folder, 'template.yaml')); write({ 'template.json': `{"Resources":${'{"a":'.repeat(20000)}1${'}'.repeat(20000)}}` }); }, code: 'syntax/json', place: 'template.json:1:1009' },
  'NUL bytes': fails({ 'template.yaml': `${template}\0\0` }, 'syntax/yaml', 'template.yaml:13:1'),
  'broken samconfig TOML': fails({ 'samconfig.toml': 'version = 0.1\n[default\n' }, 'syntax/toml', 'samconfig.toml:2:8'),
  'an empty samconfig': fails({ 'samconfig.toml': '' }, 'none'),
  'a samconfig naming a missing template': fails({ 'samconfig.toml': 'version = 0.1\n[default.build.parameters]\ntemplate_file = "gone.yaml"\n' }, 'project/missing-file', 'samconfig.toml:3:1'),
  'a samconfig that is not UTF-8': fails({ 'samconfig.toml': Buffer.from([0xff, 0x41]) }, 'project/not-utf8', 'samconfig.toml:1:1'),
  'a broken Dockerfile': fails({ 'image/Dockerfile': 'FORM x\n' }, 'syntax/dockerfile', 'image/Dockerfile:1:1', /did you mean FROM/u),
  'an empty Dockerfile': fails({ 'image/Dockerfile': '' }, 'syntax/dockerfile', 'image/Dockerfile:1:1'),
  'a Dockerfile of comments': fails({ 'image/Dockerfile': '# nothing\n' }, 'syntax/dockerfile', 'image/Dockerfile:1:1'),
  'a Dockerfile that is not UTF-8': fails({ 'image/Dockerfile': Buffer.from([0x46, 0xe9, 0x0a]) }, 'project/not-utf8', 'image/Dockerfile:1:2'),
  'a Dockerfile that is a folder': { spoil: ({ folder }) => { rmSync(join(folder, 'image/Dockerfile')); mkdirSync(join(folder, 'image/Dockerfile')); }, code: 'project/unsupported', place: 'template.yaml:5:29' },
  'a Dockerfile that is not there': { spoil: ({ folder }) => rmSync(join(folder, 'image/Dockerfile')), code: 'project/unsupported', place: 'template.yaml:5:29' },
  'a Dockerfile whose stage copies from itself': fails({ 'image/Dockerfile': 'FROM scratch AS a\nCOPY --from=a /x /x\n' }, 'build/unsupported-instruction', 'image/Dockerfile:2:1'),
  'a Dockerfile with cyclic stages': fails({ 'image/Dockerfile': 'FROM b AS a\nFROM a AS b\n' }, 'network/unreachable', 'image/Dockerfile:1:1'),
  'a Dockerfile whose stages copy from each other': fails({ 'image/Dockerfile': 'FROM scratch AS a\nCOPY --from=b /x /x\nFROM scratch AS b\nCOPY --from=a /x /x\n' }, 'build/unsupported-instruction', 'image/Dockerfile:2:1'),
  'a FROM with an argument of no value': fails({ 'image/Dockerfile': 'ARG BASE\nFROM $BASE\nCMD ["a"]\n' }, 'syntax/dockerfile', 'image/Dockerfile:2:6', /`ARG BASE=…`, or set BASE in Metadata\.DockerBuildArgs/u),
  'a FROM with an undeclared argument': fails({ 'image/Dockerfile': 'FROM ${NOPE}\nCMD ["a"]\n' }, 'syntax/dockerfile', 'image/Dockerfile:1:6', /declare `ARG NOPE=…` before the first FROM/u),
  'a FROM that is no reference': fails({ 'image/Dockerfile': 'FROM UPPER/Case:x\nCMD ["a"]\n' }, 'usage', 'image/Dockerfile:1:1'),
  'a build target that is not there': { files: { 'template.yaml': template.replace('DockerContext: image', 'DockerContext: image, DockerBuildTarget: nope') }, code: 'model/invalid', place: 'template.yaml:3:3' },
  'a COPY of a missing file': fails({ 'image/Dockerfile': `${dockerfile}COPY gone.txt ./\n` }, 'build/missing-source', 'image/Dockerfile:7:1'),
  'a COPY of a pattern that matches nothing': fails({ 'image/Dockerfile': `${dockerfile}COPY *.gone ./\n` }, 'build/missing-source', 'image/Dockerfile:7:1'),
  'a COPY of an ignored file': fails({ 'image/Dockerfile': `${dockerfile}COPY Dockerfile ./\n` }, 'build/missing-source', 'image/Dockerfile:7:1'),
  'a COPY from outside': fails({ 'image/Dockerfile': `${dockerfile}COPY ../zip/app.py ./\n` }, 'build/missing-source', 'image/Dockerfile:7:1'),
  'a COPY --from a stage that is not there': fails({ 'image/Dockerfile': `${dockerfile}COPY --from=nope /x ./\n` }, 'build/unsupported-instruction', 'image/Dockerfile:7:1'),
  'a COPY of a FIFO': { spoil: ({ folder, write }) => { spawnSync('mkfifo', [join(folder, 'image/pipe')]); write({ 'image/Dockerfile': `${dockerfile}COPY pipe ./\n` }); }, code: 'build/missing-source', place: 'image/Dockerfile:7:1' },
  'a FIFO in the context': { spoil: ({ folder }) => void spawnSync('mkfifo', [join(folder, 'image/pipe')]), code: 'none', warning: /pipe is a FIFO, a socket or a device and is left out/u },
  'a FIFO called requirements.txt': { spoil: ({ folder }) => { rmSync(join(folder, 'zip/requirements.txt')); spawnSync('mkfifo', [join(folder, 'zip/requirements.txt')]); }, code: 'project/missing-file', place: 'zip/requirements.txt:1:1' },
  'a FIFO called template.yaml': { spoil: ({ folder }) => { rmSync(join(folder, 'template.yaml')); spawnSync('mkfifo', [join(folder, 'template.yaml')]); }, code: 'project/not-found', place: 'template.yaml:1:1' },
  'a FIFO called Dockerfile': { spoil: ({ folder }) => { rmSync(join(folder, 'image/Dockerfile')); spawnSync('mkfifo', [join(folder, 'image/Dockerfile')]); }, code: 'project/unsupported', place: 'template.yaml:5:29' },
  'a loop of links': { spoil: ({ folder }) => { symlinkSync('b', join(folder, 'image/a')); symlinkSync('a', join(folder, 'image/b')); symlinkSync('.', join(folder, 'zip/self')); }, code: 'none' },
  'a COPY through a loop of links': { spoil: ({ folder, write }) => { symlinkSync('b', join(folder, 'image/a')); symlinkSync('a', join(folder, 'image/b')); write({ 'image/Dockerfile': `${dockerfile}COPY a/x ./\n` }); }, code: 'build/missing-source', place: 'image/Dockerfile:7:1' },
  'a requirements.txt that is a loop of links': { spoil: ({ folder }) => { rmSync(join(folder, 'zip/requirements.txt')); symlinkSync('requirements.txt', join(folder, 'zip/requirements.txt')); }, code: 'project/missing-file', place: 'zip/requirements.txt:1:1' },
  'names with newlines': fails({ 'image/a\nb.txt': 'x', 'zip/c\td.py': 'y' }, 'none'),
  'names that are not UTF-8': { spoil: ({ folder }) => writeFileSync(Buffer.concat([Buffer.from(join(folder, 'image/')), Buffer.from([0x61, 0xff])]), 'x'), code: 'project/not-utf8', text: /image\/a\ufffd/u, next: /rename/u },
  'a folder whose name is not UTF-8': { spoil: ({ folder }) => mkdirSync(Buffer.concat([Buffer.from(join(folder, 'zip/')), Buffer.from([0x61, 0xff])])), code: 'project/not-utf8', next: /rename/u },
  'requirements that include themselves': fails({ 'zip/requirements.txt': 'two\n-r requirements.txt\n' }, 'none'),
  'requirements that include each other': fails({ 'zip/requirements.txt': 'two\n-r other.txt\n', 'zip/other.txt': '-r requirements.txt\n' }, 'none'),
  'requirements that include a missing file': fails({ 'zip/requirements.txt': 'two\n-r gone.txt\n' }, 'project/missing-file', 'zip/requirements.txt:2:1'),
  'requirements that include a folder': fails({ 'zip/requirements.txt': 'two\n-r sub\n', 'zip/sub/x': '' }, 'project/missing-file', 'zip/requirements.txt:2:1'),
  'broken requirements': fails({ 'zip/requirements.txt': 'two\n==1.0\n' }, 'syntax/requirements', 'zip/requirements.txt:2:1'),
  'broken requirements of an image': fails({ 'image/requirements.txt': 'one\n\nfoo bar baz\n' }, 'syntax/requirements', 'image/requirements.txt:3:1'),
  'requirements that are not UTF-8': fails({ 'zip/requirements.txt': Buffer.from([0x74, 0x77, 0x6f, 0x0a, 0xff]) }, 'project/not-utf8', 'zip/requirements.txt:2:1'),
  'empty requirements': fails({ 'zip/requirements.txt': '' }, 'none'),
  'a package that nobody has': fails({ 'zip/requirements.txt': 'two\nthree\n' }, 'dependencies/not-in-index', 'zip/requirements.txt:2:1'),
  'a version that nobody has': fails({ 'zip/requirements.txt': 'two==9\n' }, 'dependencies/unresolvable', 'zip/requirements.txt:1:1'),
  'a hash that does not fit': fails({ 'zip/requirements.txt': `two==2.0 --hash=sha256:${'0'.repeat(64)}\n` }, 'dependencies/hash-mismatch', 'zip/requirements.txt:1:1'),
  'a broken lock': fails({ 'shear.lock': '{' }, 'lock/invalid', 'shear.lock:1:2'),
  'an empty lock': fails({ 'shear.lock': '' }, 'lock/invalid', 'shear.lock:1:1'),
  'a lock of a newer schema': fails({ 'shear.lock': '{\n  "schema": 2\n}\n' }, 'lock/invalid', 'shear.lock:2:3', /update shear/u),
  'a lock that is a list': fails({ 'shear.lock': '[]' }, 'lock/invalid', 'shear.lock:1:1'),
  'a lock that is a folder': { spoil: ({ folder }) => { rmSync(join(folder, 'shear.lock')); mkdirSync(join(folder, 'shear.lock')); }, code: 'lock/invalid', place: 'shear.lock:1:1' },
  'a lock with a merge conflict': fails({ 'shear.lock': '{\n<<<<<<< HEAD\n' }, 'lock/invalid', 'shear.lock:2:1'),
  'a lock that is not UTF-8': fails({ 'shear.lock': Buffer.from([0x7b, 0xff]) }, 'lock/invalid', 'shear.lock:1:2'),
  'a runtime that is not Lambda\'s': fails({ 'template.yaml': template.replace('python3.12', 'python2.7') }, 'project/unsupported', 'template.yaml:7:3'),
  'a runtime from the future': { files: { 'template.yaml': template.replace('python3.12', 'python3.99') }, code: 'none', warning: /does not know the runtime python3\.99/u },
  'no runtime': fails({ 'template.yaml': template.replace('      Runtime: python3.12\n', '') }, 'project/unsupported', 'template.yaml:7:3'),
  'a code folder that is not there': fails({ 'template.yaml': template.replace('CodeUri: zip', 'CodeUri: gone') }, 'project/unsupported', 'template.yaml:10:16'),
  'a code folder that is a file': fails({ 'template.yaml': template.replace('CodeUri: zip', 'CodeUri: zip/app.py') }, 'project/unsupported', 'template.yaml:10:16'),
  'a build context that is not there': fails({ 'template.yaml': template.replace('DockerContext: image', 'DockerContext: gone') }, 'project/unsupported', 'template.yaml:5:56'),
  'an unknown function': { options: { only: ['Nobody'] }, code: 'usage', next: /Image, Zip/u },
  'a file in the place of .aws-sam': { spoil: ({ folder }) => { rmSync(join(folder, '.aws-sam'), { recursive: true }); writeFileSync(join(folder, '.aws-sam'), 'mine'); }, code: 'disk/unwritable' },
  'a file in the place of .aws-sam/build': { spoil: ({ folder, write }) => { rmSync(join(folder, '.aws-sam/build'), { recursive: true }); writeFileSync(join(folder, '.aws-sam/build'), 'mine'); write({ 'zip/app.py': 'changed\n' }); }, code: 'disk/unwritable' },
  'a zip of 300 MB': { spoil: ({ folder, write }) => { write({ 'zip/big': '' }); truncateSync(join(folder, 'zip/big'), 300_000_000); }, code: 'limit/exceeded' },
  'empty sources': fails({ 'zip/app.py': '', 'image/app.py': '' }, 'none'),
  'a state that is damaged': fails({ '.aws-sam/shear/state.json': '{"version":1}', '.aws-sam/shear/plan.json': '{"version":1}' }, 'none'),
  'an ignored name that is not UTF-8': { spoil: ({ folder, write }) => { write({ 'image/.dockerignore': 'Dockerfile\na*\n!app.py\n' }); writeFileSync(Buffer.concat([Buffer.from(join(folder, 'image/')), Buffer.from([0x61, 0xff])]), 'x'); }, code: 'none' },
  'a name with a backslash': fails({ 'zip/a\\b.txt': 'x', 'image/a\\b.txt': 'x' }, 'none'),
  'a state that is null': fails({ '.aws-sam/shear/state.json': 'null', '.aws-sam/shear/plan.json': 'null', '.aws-sam/shear/unpacked/Zip.json': 'null' }, 'none'),
  'a state of half a file': fails({ '.aws-sam/shear/state.json': '{"version":1,"req', '.aws-sam/shear/plan.json': '{"ver' }, 'none'),
};

describe.skipIf(uv === undefined || existsSync('/var/run/docker.sock'))('bad input', () => {
  it.each(Object.entries(cases))('%s', async (_, { files = {}, spoil, options, code, place = '', next = /./u, text = /./u, warning }) => {
    project.events.length = 0;
    project.write(files);
    spoil?.(project);
    const before = project.snapshot();
    const failed = await project.fails(options);
    expect({ code: failed.code, place: failed.place, exit: failed.exit, text: failed.text }).toEqual({ code, place, exit: code === 'none' ? 0 : faultExits[code], text: expect.stringMatching(text) as string });
    if (warning) expect(project.events.join('\n')).toMatch(warning);
    if (code !== 'none') {
      expect(failed.fault?.next).toMatch(next);
      expect(changes(before, project.snapshot())).toEqual([]);
    }
  });
  // Content that no other case has: else the step's output is in the store, and nothing is packed.
  let number = 0;
  it.each<readonly [string, (path: string) => void, RegExp]>([
    ['gets other bytes of the same length', (path) => writeFileSync(path, `# other ${number}\n`), /changed while the build ran/u],
    ['grows', (path) => writeFileSync(path, `# first ${number}\nimport more\n`), /changed while it was read: \d+ bytes where 10 were expected/u],
    ['vanishes', (path) => rmSync(path), /cannot be read \(ENOENT\)/u],
    ['becomes a folder', (path) => { rmSync(path); mkdirSync(path); }, /./u],
  ])('a file that %s while it is packed', async (_, change, text) => {
    for (const [folder, label] of [['zip', 'Zip: zip'], ['image', 'Image: application']] as const) {
      number++;
      project.write({ [`${folder}/app.py`]: `# first ${number}\n` });
      const built = project.snapshot().get('.aws-sam/build/Zip/app.py');
      project.onStep = (started) => void (started === label && change(join(project.folder, folder, 'app.py')));
      const failed = await project.fails();
      project.onStep = undefined;
      expect({ exit: failed.exit, code: failed.code, text: failed.text }).toEqual({ exit: 3, code: 'build/failed', text: expect.stringMatching(text) as string });
      expect(project.snapshot().get('.aws-sam/build/Zip/app.py')).toBe(built);
      rig.restore(project);
    }
  });
  afterEach(async () => {
    expect(await project.damaged()).toEqual([]);
    rig.restore(project);
    expect(digestsOf(await project.build())).toEqual(await rig.goodDigests());
  });
});
