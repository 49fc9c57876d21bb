import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/fault.ts';
import type { BuildReport } from '../../src/build/report.ts';
import { build } from '../../src/session/build.ts';
import { testHost } from '../support/host.ts';

const root = mkdtempSync(join(tmpdir(), 'shear-sam-'));
const log = join(root, 'sam.log');
const sam = join(root, 'sam');
let project: string;
let count = 0;

/** Answers as sam does, as far as shear asks; notes what it was asked; fails where the function's source says so. */
const program = `#!/bin/sh
[ "$1" = --version ] && { echo 'SAM CLI, version 1.150.0'; exit 0; }
echo "$@" >> '${log}'
name=$2
while [ $# -gt 1 ]; do
  [ "$1" = --build-dir ] && out=$2
  [ "$1" = --base-dir ] && base=$2
  shift
done
grep -q broken "$base/src/app.ts" && { echo 'token=AKIAIOSFODNN7EXAMPLE'; echo 'app.ts:1:1: error: expected ;' >&2; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do echo "tidying up $i" >&2; done; exit 1; }
mkdir -p "$out/$name/lib"
cp "$base/src/app.ts" "$out/$name/app.js"
ln -s ../app.js "$out/$name/lib/again.js"
`;
const template = `Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: { Type: String, Default: dev }
Resources:
  Bundled:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: esbuild, BuildProperties: { EntryPoints: [app.ts] } }
    Properties: { CodeUri: src, Handler: app.handler, Runtime: nodejs22.x }
`;

afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  rmSync(log, { force: true });
  writeFileSync(sam, program, { mode: 0o755 });
  project = join(root, `project-${count++}`);
  mkdirSync(join(project, 'src'), { recursive: true });
  writeFileSync(join(project, 'template.yaml'), template);
  writeFileSync(join(project, 'src/app.ts'), 'export const handler = 1;\n');
});

async function run(program: string | null = sam): Promise<BuildReport> {
  const host = testHost({
    env: { HOME: root, PATH: '/usr/bin:/bin', SHEAR_SAM: program ?? undefined, DOCKER_HOST: undefined },
    cwd: project, cacheFolder: join(root, `cache-${count}`), now: () => Date.now() + 60_000,
  });
  return await build(host, {
    folder: project, template: undefined, profile: 'default', parameterOverrides: { Stage: 'prod' }, only: [], isFrozen: false, upgrade: [], outputs: 'sam',
  });
}

async function faultOf(work: Promise<unknown>) {
  const error: unknown = await work.then(() => undefined, (reason: unknown) => reason);
  if (!(error instanceof Failure)) throw new Error('it did not fail', { cause: error });
  return error.fault;
}

const asked = () => (existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []);
const built = (path: string) => join(project, '.aws-sam/build/Bundled', path);

describe('a function that shear has no step for', () => {
  it('is built by sam, with the parameters of this build, and says so', async () => {
    const report = await run();
    expect(report.functions).toMatchObject([{ name: 'Bundled', package: 'zip', engine: 'sam' }]);
    expect(asked()).toHaveLength(1);
    expect(asked()[0]).toContain('build Bundled ');
    expect(asked()[0]).toContain('--parameter-overrides Stage=prod');
    expect(readFileSync(built('app.js'), 'utf8')).toBe('export const handler = 1;\n');
    expect(readFileSync(built('lib/again.js'), 'utf8')).toBe('export const handler = 1;\n');
    expect(readFileSync(join(project, '.aws-sam/build/template.yaml'), 'utf8')).toContain('CodeUri: "Bundled"');
  });

  it('is built again only when its folder changes', async () => {
    await run();
    expect((await run()).functions[0]?.cached).toBe(true);
    rmSync(join(project, '.aws-sam'), { recursive: true });
    await run();
    expect(asked()).toHaveLength(1);
    expect(existsSync(built('app.js'))).toBe(true);
    appendFileSync(join(project, 'src/app.ts'), '// more\n');
    await run();
    expect(asked()).toHaveLength(2);
    expect(readFileSync(built('app.js'), 'utf8')).toContain('// more');
  });

  it('says what sam said when it fails, and leaves what was built', async () => {
    await run();
    writeFileSync(join(project, 'src/app.ts'), 'broken\n');
    const log = join(project, '.aws-sam/shear/sam-Bundled.log');
    expect(await faultOf(run())).toMatchObject({ code: 'build/failed', why: 'app.ts:1:1: error: expected ;', next: `all that sam said is in ${log}` });
    expect(readFileSync(log, 'utf8')).toContain('tidying up 14');
    expect(readFileSync(built('app.js'), 'utf8')).toBe('export const handler = 1;\n');
  });

  it('is refused with its place where sam is not installed', async () => {
    expect(await faultOf(run(null))).toMatchObject({ code: 'project/unsupported', place: { file: 'template.yaml', line: 5 } });
  });
});

describe('a Node function', () => {
  const plain = template.replace(/    Metadata:.*\n/u, '');
  const packages = (manifest: string) => {
    writeFileSync(join(project, 'template.yaml'), plain);
    writeFileSync(join(project, 'src/package.json'), manifest);
  };

  it.each(['{ "dependencies": { "uuid": "9.0.1" } }', '{ "optionalDependencies": { "uuid": "9.0.1" } }', '{ "peerDependencies": { "uuid": "9.0.1" } }', '{'])(
    'is left to sam, which installs its packages, with %s', async (manifest) => {
      packages(manifest);
      expect((await run()).functions).toMatchObject([{ name: 'Bundled', engine: 'sam' }]);
    },
  );

  it('is refused, not shipped without its packages, where sam is not installed', async () => {
    packages('{ "dependencies": { "uuid": "9.0.1" } }');
    expect(await faultOf(run(null))).toMatchObject({ code: 'project/unsupported', what: expect.stringContaining('nodejs22.x with the npm packages of package.json') as string });
  });

  it('is copied where its package.json names packages for development alone', async () => {
    packages('{ "dependencies": {}, "devDependencies": { "vitest": "3.0.0" } }');
    mkdirSync(join(project, 'src/node_modules/vitest'), { recursive: true });
    writeFileSync(join(project, 'src/node_modules/vitest/index.js'), '');
    expect((await run(null)).functions).toMatchObject([{ name: 'Bundled', engine: 'native' }]);
    expect(existsSync(built('node_modules'))).toBe(false);
  });

  it('goes over to sam when its package.json comes, or gets its first package, after a build', async () => {
    writeFileSync(join(project, 'template.yaml'), plain);
    expect((await run()).functions).toMatchObject([{ engine: 'native' }]);
    packages('{ "dependencies": {} }');
    expect((await run()).functions).toMatchObject([{ engine: 'native' }]);
    packages('{ "dependencies": { "uuid": "9.0.1" } }');
    expect((await run()).functions).toMatchObject([{ engine: 'sam' }]);
  });

  it('takes along node_modules where no package.json could bring it back, as with sam', async () => {
    writeFileSync(join(project, 'template.yaml'), plain);
    mkdirSync(join(project, 'src/node_modules/uuid'), { recursive: true });
    writeFileSync(join(project, 'src/node_modules/uuid/index.js'), 'exports.v4 = 1;\n');
    expect((await run(null)).functions).toMatchObject([{ name: 'Bundled', engine: 'native' }]);
    expect(readFileSync(built('node_modules/uuid/index.js'), 'utf8')).toBe('exports.v4 = 1;\n');
  });
});

describe("a function that its folder's Makefile builds", () => {
  it('fails with the lines that tell the cause, and says where the rest is', async () => {
    writeFileSync(join(project, 'template.yaml'), template.replace('BuildMethod: esbuild, BuildProperties: { EntryPoints: [app.ts] }', 'BuildMethod: makefile'));
    writeFileSync(join(project, 'src/Makefile'), 'build-Bundled:\n\t@echo "app.ts:1:1: error: expected ;"\n\t@for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do echo "tidying up $$i"; done; echo stopped >&2; exit 1\n');
    const { code, what, why, next } = await faultOf(run());
    const log = join(project, '.aws-sam/shear/make-Bundled.log');
    expect({ code, what, next }).toEqual({ code: 'build/failed', what: 'make build-Bundled ended with exit code 2', next: `all that make said is in ${log}` });
    expect(why).toMatch(/^app\.ts:1:1: error: expected ;\nmake: \*\*\* \[Makefile:3: build-Bundled\] Error 1$/u);
    expect(readFileSync(log, 'utf8')).toContain('tidying up 14');
  });
});
