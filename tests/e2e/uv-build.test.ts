import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { provideSam } from '../../scripts/peers/sam.ts';
import { timed } from '../../scripts/scenario/shear-cli.ts';
import { cacheFolder } from '../../scripts/script-host.ts';
import { build } from '../../src/session/build.ts';
import { findPython } from '../../src/tools/find-python.ts';
import { testHost } from '../support/host.ts';
import { startPackageIndex } from '../support/package-index.ts';
import { findTestUv } from '../support/uv.ts';
import { makeWheel } from '../support/wheel.ts';
import { host } from './built-project.ts';

const root = mkdtempSync(join(tmpdir(), 'shear-uv-build-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const files: Readonly<Record<string, string>> = {
  'template.yaml': 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Metadata: { BuildMethod: python-uv }\n    Properties: { Runtime: python3.12, Handler: app.handler, CodeUri: src/ }\n',
  'src/app.py': 'import one\n',
  'src/lib/__init__.py': '',
  'src/.env': 'KEY=1\n',
  'src/pyproject.toml': '[project]\nname = "app"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["one"]\n[dependency-groups]\ndev = ["devtool"]\n',
};

it('builds a python-uv function to what sam builds with uv, but for marks that uv leaves', async (context) => {
  const sam = await provideSam(host, cacheFolder);
  const uv = await findTestUv();
  if ('reason' in sam) return context.skip(sam.reason);
  if (uv === undefined) return context.skip('uv is not here');
  const python = await findPython(host, { major: 3, minor: 12 });
  if (!python) return context.skip('there is no Python 3.12');
  await using index = await startPackageIndex([makeWheel({ name: 'one', version: '1.0', requires: ['two'], entryPoints: '[console_scripts]\none = one:main\n' }), makeWheel({ name: 'two', version: '2.0' }), makeWheel({ name: 'devtool', version: '1.0' })]);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const env = { PATH: [dirname(uv), dirname(python.path), process.env['PATH']].join(delimiter), UV_DEFAULT_INDEX: index.url, UV_CACHE_DIR: join(root, '..', `${relative(join(root, '..'), root)}-cache`), UV_PYTHON_DOWNLOADS: 'never', SAM_CLI_TELEMETRY: '0', SAM_CLI_BETA_FEATURES: '1' };
  const run = async (program: string, args: readonly string[], cwd: string): Promise<void> => {
    const { code, stdout, stderr } = await timed(program, args, { cwd, env });
    expect(code, stdout + stderr).toBe(0);
  };
  await run(uv, ['lock'], join(root, 'src'));
  await run(sam.path, ['build'], root);
  renameSync(join(root, '.aws-sam', 'build', 'Fn'), join(root, 'by-sam'));
  rmSync(join(root, '.aws-sam'), { recursive: true });
  await build(testHost({ env: { ...env, HOME: join(root, 'home'), SHEAR_UV: uv, PYENV_ROOT: join(root, 'no-pyenv') }, cwd: root, cacheFolder: join(root, 'cache') }), {
    folder: root, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: false, upgrade: [], outputs: 'sam',
  });
  rmSync(env.UV_CACHE_DIR, { recursive: true, force: true });
  expect(contents(join(root, '.aws-sam', 'build', 'Fn'))).toEqual(contents(join(root, 'by-sam')));
});

/** Every file with its text, without what only tells who installed it. Programs have each installer's own first lines. */
function contents(folder: string): Readonly<Record<string, string>> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const kept = paths.filter((path) => !/(?:^|\/)(?:\.lock|__pycache__\/.*|[^/]+\.dist-info\/(?:RECORD|REQUESTED|INSTALLER|direct_url\.json|uv_cache\.json))$/u.test(path)).toSorted();
  return Object.fromEntries(kept.map((path) => [path, path.startsWith('bin/') ? '' : readFileSync(join(folder, path), 'utf8')]));
}
