import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeSmokeTest } from '../../src/workflow/smoke-node.ts';
import { pythonSmokeTest } from '../../src/workflow/smoke-python.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shear-smoke-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const cases = [{ name: 'Fn', event: undefined, isOwn: true }];
const unreachable = { what: 'the package index does not answer', why: 'dns error', code: 'network/unreachable' };
const conflict = { what: 'the requirements cannot be met', code: 'dependencies/unresolvable' };

/** Only what pytest is used for: skip and fail as exceptions, parameters left to the caller. */
const pytestDouble = `class Skipped(Exception): pass
class Failed(Exception): pass
class mark:
    parametrize = staticmethod(lambda *given, **named: lambda test: test)
def skip(why): raise Skipped(why)
def fail(why): raise Failed(why)
`;

/** A `shear` that answers with this, and a machine without Docker. */
function refusing(error: object): NodeJS.ProcessEnv {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const program = (name: string, text: string): void => {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  };
  program('shear', `#!/bin/sh\necho '${JSON.stringify({ schema: 1, error })}'\nexit 3\n`);
  program('docker', '#!/bin/sh\nexit 1\n');
  return { ...process.env, NODE_TEST_CONTEXT: undefined, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, PYTHONDONTWRITEBYTECODE: '1' };
}

function written(path: string, text: string): string {
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  return join(folder, path);
}

function python(error: object): string {
  written('tests/smoke/pytest.py', pytestDouble);
  written('tests/smoke/test_smoke.py', pythonSmokeTest(cases, 'tests/smoke'));
  const code = 'import test_smoke\ntry:\n    test_smoke.test_answers(*test_smoke.CASES[0])\nexcept Exception as error:\n    print(f"{type(error).__name__}: {error}")\n';
  return spawnSync('python3', ['-c', code], { cwd: join(folder, 'tests/smoke'), env: refusing(error), encoding: 'utf8' }).stdout.trim();
}

function node(error: object): { readonly status: number | null; readonly text: string } {
  const done = spawnSync(process.execPath, ['--test', '--test-reporter=tap', written('tests/smoke/smoke.mjs', nodeSmokeTest(cases, 'tests/smoke/smoke.mjs'))], { cwd: folder, env: refusing(error), encoding: 'utf8' });
  return { status: done.status, text: done.stdout };
}

describe('a generated smoke test whose function shear cannot build', () => {
  it('is skipped with the reason where the machine is to blame', () => {
    expect(python(unreachable)).toBe('Skipped: shear: the package index does not answer (dns error) [network/unreachable]');
    const { status, text } = node(unreachable);
    expect(text).toContain('# SKIP shear: the package index does not answer (dns error) [network/unreachable]');
    expect(status).toBe(0);
  });

  it('fails with the reason where the project is', () => {
    expect(python(conflict)).toBe('Failed: shear invoke Fn: the requirements cannot be met [dependencies/unresolvable]');
    const { status, text } = node(conflict);
    expect(text).toContain('shear invoke Fn: the requirements cannot be met [dependencies/unresolvable]');
    expect(status).toBe(1);
  });
});
