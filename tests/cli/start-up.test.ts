import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const bin = join(import.meta.dirname, '..', '..', 'dist', 'shear.cjs');
const folder = mkdtempSync(join(tmpdir(), 'shear-start-'));
const probe = `const M = require('module'), load = M._load, seen = [];
M._load = function (request, ...rest) { if (!seen.includes(request)) seen.push(request); return load.call(this, request, ...rest); };
process.on('exit', () => require('node:fs').writeSync(2, 'LOADED ' + seen.concat(process.moduleLoadList.filter((name) => name === 'NativeModule net').map(() => 'node:net')).join(' ') + '\\n'));
`;

/** Modules that a plain `shear build` loads, hashes taken out of their names. */
function loaded(): readonly string[] {
  const { stderr, status } = spawnSync(process.execPath, ['--require', join(folder, 'probe.cjs'), bin, 'build'], { cwd: folder, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: folder, SHEAR_CACHE: join(folder, '.cache') } });
  expect(status, stderr).toBe(0);
  return (/^LOADED (.*)$/mu.exec(stderr)?.[1] ?? '').split(' ').map((name) => (name.startsWith('node:') ? name : basename(name)).replace(/-[\w-]{8}\.cjs$/u, ''));
}

const own = (names: readonly string[]): readonly string[] => [...new Set(names.filter((name) => !name.startsWith('node:')))].toSorted();

describe.runIf(existsSync(bin))('what is loaded before anything is done', () => {
  beforeAll(() => {
    writeFileSync(join(folder, 'probe.cjs'), probe);
    writeFileSync(join(folder, 'template.yaml'), 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Metadata: { Dockerfile: Dockerfile, DockerContext: . }\n    Properties: { PackageType: Image }\n');
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY app.py /\nCMD ["app.handler"]\n');
    writeFileSync(join(folder, 'app.py'), 'one = 1\n');
    // Files that changed just now are looked at more closely.
    for (const name of ['template.yaml', 'Dockerfile', 'app.py']) utimesSync(join(folder, name), 1e9, 1e9);
    loaded();
    // The first build's own files are new to the second, which looks at them closely and tells the third.
    loaded();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is the stat loop alone when nothing changed', () => {
    const names = loaded();
    expect(own(names)).toEqual(['shear.cjs']);
    expect(names.filter((name) => name === 'node:crypto' || name === 'node:net')).toEqual([]);
  });

  it('is one chunk more after an edit of a source', () => {
    appendFileSync(join(folder, 'app.py'), '# more\n');
    const names = loaded();
    expect(own(names)).toEqual(['replay', 'shear.cjs']);
    expect(names.filter((name) => ['node:net', 'node:http', 'node:https', 'node:perf_hooks', 'node:child_process'].includes(name))).toEqual([]);
  });

  it('is two chunks more when a file became executable', () => {
    chmodSync(join(folder, 'app.py'), 0o755);
    const names = loaded();
    expect(own(names)).toEqual(['edit', 'replay', 'shear.cjs']);
    expect(names.filter((name) => ['node:net', 'node:http', 'node:https', 'node:perf_hooks', 'node:child_process'].includes(name))).toEqual([]);
  });
});
