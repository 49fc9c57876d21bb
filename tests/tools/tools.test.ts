import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/base/event.ts';
import { Failure, type Fault } from '../../src/base/fault.ts';
import type { Host } from '../../src/base/host.ts';
import { findPython, requirePython } from '../../src/tools/find-python.ts';
import { findBubblewrap, findTool, runTool } from '../../src/tools/find-tool.ts';
import { toolPins } from '../../src/tools/pins.ts';
import { withoutSecrets } from '../../src/base/redact.ts';
import { provideTool } from '../../src/tools/provide-tool.ts';
import { compareVersions, readVersion } from '../../src/tools/version.ts';
import { testHost } from '../support/host.ts';

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'shear-tools-'));
}

/** A program that is a shell script. */
function program(folder: string, name: string, script: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

function hostWith(env: Host['env']): Host {
  return testHost({ env: { HOME: '/nonexistent', ...env }, cacheFolder: newFolder() });
}

async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const error: unknown = await work.then(() => undefined, (reason: unknown) => reason);
  if (error instanceof Failure) return error.fault;
  throw error ?? new Error('it did not fail');
}

/** A python3 that tells its own path, or that of the interpreter behind it, when asked; all else is the script's. */
function fakePython(folder: string, script: string, { name = 'python3', real = '$0', base = real }: { readonly name?: string; readonly real?: string; readonly base?: string } = {}): string {
  // The tests' PATH has nothing else, lest a real uv is found.
  return program(folder, name, `PATH=/bin:/usr/bin\n[ "$1" = -I ] && { echo "${real}"; echo "${base}"; exit; }\n${script}`);
}

/** Another process that wants uv and prints where it is; it makes the file STARTED before it does. */
async function provideElsewhere(env: Readonly<Record<string, string>>): Promise<string> {
  const script = join(import.meta.dirname, 'provide-uv.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script], { cwd: join(import.meta.dirname, '../..'), env: { HOME: '/nonexistent', ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  return await text(child.stdout);
}

const installing = `
[ "$2" = pip ] || exit 9
while [ $# -gt 0 ]; do [ "$1" = --target ] && target=$2; shift; done
mkdir -p "$target/bin"
printf '#!/bin/sh\\necho uv 0.13.9\\n' > "$target/bin/uv"
chmod 755 "$target/bin/uv"`;

describe('finding a tool', () => {
  it('takes the first on PATH that is new enough', async () => {
    const [old, good] = [newFolder(), newFolder()];
    program(old, 'uv', 'echo uv 0.4.1');
    const path = program(good, 'uv', 'echo "uv 0.8.0 (x86_64)"');
    const host = hostWith({ PATH: `${old}:${good}` });
    expect(await findTool(host, 'uv')).toMatchObject({ path, version: '0.8.0', origin: 'path' });
    expect(await findTool(host, 'uv', { minimum: '0.9.0' })).toBeUndefined();
    expect(await findTool(host, 'uv', { minimum: '0.4' })).toMatchObject({ version: '0.4.1' });
  });

  it('takes what the override names, or says that it does not run', async () => {
    const path = program(newFolder(), 'my-uv', 'echo uv 0.1.0');
    expect(await findTool(hostWith({ SHEAR_UV: path }), 'uv')).toMatchObject({ path, origin: 'override' });
    expect(await faultOf(findTool(hostWith({ SHEAR_UV: '/nonexistent/uv' }), 'uv'))).toMatchObject({ code: 'tool/missing', what: 'SHEAR_UV names /nonexistent/uv, which does not run', next: 'correct or unset SHEAR_UV' });
  });

  it('passes over programs that do not run', async () => {
    const folder = newFolder();
    program(folder, 'uv', 'exit 127');
    expect(await findTool(hostWith({ PATH: folder }), 'uv')).toBeUndefined();
  });

  it('looks for bubblewrap on Linux only', async () => {
    const folder = newFolder();
    program(folder, 'bwrap', 'echo bubblewrap 0.8.0');
    expect(await findBubblewrap(hostWith({ PATH: folder }))).toMatchObject({ version: '0.8.0' });
    expect(await findBubblewrap({ ...hostWith({ PATH: folder }), os: 'darwin' })).toBeUndefined();
  });
});

describe('providing a tool', () => {
  it('makes it once, with pinned hashes, and finds it again', async () => {
    const folder = newFolder();
    const log = join(folder, 'log');
    fakePython(folder, `echo "$@" >> ${log}; for last; do :; done; cat "$last" >> ${log}${installing}`);
    const host = hostWith({ PATH: folder });
    expect(await provideTool(host, 'uv')).toMatchObject({ path: join(host.cacheFolder, 'tools/uv-0.13.9/bin/uv'), version: '0.13.9', origin: 'own' });
    expect(await provideTool({ ...host, run: () => Promise.reject(new Error('asked again')) }, 'uv')).toMatchObject({ origin: 'own' });
    const text = readFileSync(log, 'utf8');
    expect(text.split('\n').filter((line) => line.includes('pip install'))).toHaveLength(1);
    expect(text).toMatch(/--only-binary :all: --require-hashes --no-deps --no-compile --target/u);
    expect(text).toContain('uv==0.13.9 \\\n    --hash=sha256:c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5');
    expect(readdirSync(join(host.cacheFolder, 'tools'))).toEqual(['uv-0.13.9']);
  });

  it('installs all but uv with uv, by the same hashes', async () => {
    const folder = newFolder();
    const log = join(folder, 'log');
    fakePython(folder, 'echo pip is not asked >&2; exit 1');
    program(folder, 'uv', `PATH=/bin:/usr/bin
[ "$1" = --version ] && { echo uv 0.13.9; exit; }
echo "$@" >> ${log}; for last; do :; done; cat "$last" >> ${log}
while [ $# -gt 0 ]; do [ "$1" = --target ] && target=$2; shift; done
mkdir -p "$target/bin"
printf '#!/bin/sh\necho iam-policy-autopilot 0.3.0\n' > "$target/bin/iam-policy-autopilot"
chmod 755 "$target/bin/iam-policy-autopilot"`);
    const host = hostWith({ PATH: folder });
    expect(await provideTool(host, 'iam-policy-autopilot')).toMatchObject({ path: join(host.cacheFolder, 'tools/iam-policy-autopilot-0.3.0/bin/iam-policy-autopilot'), version: '0.3.0', origin: 'own' });
    const text = readFileSync(log, 'utf8');
    expect(text).toMatch(/^pip install --quiet --only-binary :all: --require-hashes --no-deps --python /u);
    expect(text).toContain('iam-policy-autopilot==0.3.0 \\\n    --hash=sha256:580405426be14e6744e2127b86c927d7f3a83826b0e850225317e2c5e23016d5');
  });

  it('makes it once for several that want it at once', async () => {
    const folder = newFolder();
    const log = join(folder, 'log');
    fakePython(folder, `echo pip >> ${log}${installing}`);
    const events: Event[] = [];
    const host: Host = { ...hostWith({ PATH: folder }), emit: (event) => void events.push(event) };
    const tools = await Promise.all([1, 2, 3].map(() => provideTool({ ...host }, 'uv')));
    expect(new Set(tools.map(({ path }) => path)).size).toBe(1);
    expect(readFileSync(log, 'utf8')).toBe('pip\n');
    expect(events.map(({ kind }) => kind)).toEqual(['step-started', 'step-finished']);
    expect(readdirSync(join(host.cacheFolder, 'tools'))).toEqual(['uv-0.13.9']);
  });

  it('makes it once for several processes that want it at once', async () => {
    const folder = newFolder();
    const log = join(folder, 'log');
    // Slower than the others' start: without waiting they would all find nothing and install.
    fakePython(folder, `echo pip >> ${log}\nuntil [ "$(ls ${folder} | grep -c started)" -ge 3 ]; do sleep 0.02; done${installing}`);
    const cacheFolder = newFolder();
    const runs = await Promise.all([1, 2, 3].map((one) => provideElsewhere({ PATH: folder, SHEAR_CACHE: cacheFolder, STARTED: join(folder, `started-${one}`) })));
    expect(runs).toEqual([1, 2, 3].map(() => join(cacheFolder, 'tools/uv-0.13.9/bin/uv')));
    expect(readFileSync(log, 'utf8')).toBe('pip\n');
    expect(readdirSync(join(cacheFolder, 'tools'))).toEqual(['uv-0.13.9']);
  });

  it('tries again after one that failed', async () => {
    const folder = newFolder();
    fakePython(folder, 'echo "ERROR: no" >&2; exit 1');
    const host = hostWith({ PATH: folder });
    const outcomes = await Promise.allSettled([1, 2].map(() => provideTool(host, 'uv')));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fakePython(folder, installing);
    expect(await provideTool(host, 'uv')).toMatchObject({ origin: 'own' });
  });

  it('makes it again when its program was taken away', async () => {
    const folder = newFolder();
    fakePython(folder, installing);
    const host = hostWith({ PATH: folder });
    mkdirSync(join(host.cacheFolder, 'tools/uv-0.13.9/bin'), { recursive: true });
    expect(await provideTool(host, 'uv')).toMatchObject({ origin: 'own' });
  });

  it('installs with the interpreter behind a shim, whose hooks stay out of it', async () => {
    const [root, shims] = [newFolder(), newFolder()];
    const real = fakePython(root, installing);
    fakePython(shims, 'echo "pyenv: cannot rehash: shims is not writable" >&2; exit 1', { real });
    expect(await provideTool(hostWith({ PATH: shims }), 'uv')).toMatchObject({ version: '0.13.9', origin: 'own' });
  });

  it('judges by the program that came, not by what a hook said after it', async () => {
    const folder = newFolder();
    fakePython(folder, `${installing}\necho "pyenv: cannot rehash: shims is not writable" >&2; exit 1`);
    expect(await provideTool(hostWith({ PATH: folder }), 'uv')).toMatchObject({ version: '0.13.9', origin: 'own' });
    fakePython(folder, `${installing.replace('0.13.9', '0.13.8')}\necho "ERROR: stopped" >&2; exit 1`);
    const fault = await faultOf(provideTool(hostWith({ PATH: folder }), 'uv'));
    expect(fault.why).toContain('ERROR: stopped');
  });

  it('takes the pip of the Python behind a virtual environment without one', async () => {
    const [root, venv] = [newFolder(), newFolder()];
    const base = fakePython(root, installing);
    fakePython(venv, 'echo "$0: No module named pip" >&2; exit 1', { base });
    expect(await provideTool(hostWith({ PATH: venv }), 'uv')).toMatchObject({ version: '0.13.9', origin: 'own' });
  });

  it('says what to install where there is no Python', async () => {
    const fault = await faultOf(provideTool(hostWith({ PATH: newFolder() }), 'uv'));
    expect(fault).toMatchObject({
      code: 'tool/missing', what: 'uv is not installed, and there is no Python to install it with',
      next: 'install uv (`pipx install uv`, `brew install uv`) or name one with SHEAR_UV',
    });
  });

  it.each([
    ['has no pip', 'echo "/usr/bin/python3: No module named pip" >&2; exit 1', 'tool/missing', 'No module named pip'],
    ['finds no network', 'echo "WARNING: Retrying after connection broken by NewConnectionError" >&2; echo "ERROR: No matching distribution found for uv==0.13.9" >&2; exit 1', 'network/unreachable', 'No matching distribution'],
    ['gets other bytes', 'echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES from https://me:s3cret@index.example/uv" >&2; exit 1', 'tool/missing', 'https://***@index.example'],
  ])('says why when pip %s, and leaves nothing behind', async (_name, script, code, why) => {
    const folder = newFolder();
    fakePython(folder, script);
    const host = hostWith({ PATH: folder });
    const fault = await faultOf(provideTool(host, 'uv'));
    expect(fault.code).toBe(code);
    expect(fault.why).toContain(why);
    expect(JSON.stringify(fault)).not.toContain('s3cret');
    expect(readdirSync(join(host.cacheFolder, 'tools'))).toEqual([]);
  });

  it('never makes what belongs to the user', async () => {
    expect(await faultOf(provideTool(hostWith({ PATH: newFolder() }), 'sam'))).toMatchObject({ code: 'tool/missing', what: 'sam is not installed', why: 'it is needed to deploy' });
  });

  it('runs Python tools through the interpreter of the moment', async () => {
    const folder = newFolder();
    const python = fakePython(folder, 'echo "$PYTHONPATH $@"');
    const host = hostWith({ PATH: folder });
    mkdirSync(join(host.cacheFolder, 'tools/deptry-0.25.1'), { recursive: true });
    const tool = await provideTool(host, 'deptry');
    expect(tool.path).toBe(python);
    expect((await runTool(host, tool, ['--json'])).stdout).toBe(`${host.cacheFolder}/tools/deptry-0.25.1 -m deptry --json\n`);
  });
});

describe('finding a Python', () => {
  const answer = (version: string, implementation: string = 'cpython'): string => `echo ${implementation} ${version} final $0`;

  it('takes python3.X of the PATH before others', async () => {
    const folder = newFolder();
    const path = program(folder, 'python3.12', answer('3.12.4'));
    program(folder, 'python3', answer('3.12.9'));
    expect(await findPython(hostWith({ PATH: folder }), { major: 3, minor: 12 })).toEqual({ path, version: '3.12.4' });
  });

  it('takes the newest of pyenv, and no shim', async () => {
    const root = newFolder();
    const shims = join(root, 'shims');
    program(shims, 'python3.12', answer('3.12.99'));
    program(join(root, 'versions/3.12.9/bin'), 'python3.12', answer('3.12.9'));
    const path = program(join(root, 'versions/3.12.10/bin'), 'python3.12', answer('3.12.10'));
    expect(await findPython(hostWith({ PATH: shims }), { major: 3, minor: 12 })).toEqual({ path, version: '3.12.10' });
    expect(await findPython(hostWith({ PATH: newFolder(), PYENV_ROOT: root }), { major: 3, minor: 12 })).toEqual({ path, version: '3.12.10' });
  });

  it.each([['another version', answer('3.11.4')], ['another implementation', answer('3.12.4', 'pypy')], ['a shim without a version behind it', 'exit 127']])('passes over %s', async (_name, script) => {
    const folder = newFolder();
    program(folder, 'python3.12', script);
    const host = hostWith({ PATH: folder });
    expect(await findPython(host, { major: 3, minor: 12 })).toBeUndefined();
    expect(await faultOf(requirePython(host, { major: 3, minor: 12 }, 'compile bytecode'))).toMatchObject({ code: 'tool/missing', what: 'there is no Python 3.12 on this machine', next: 'install it, with `uv python install 3.12` or `pyenv install 3.12` for instance' });
  });

  it('asks uv last, without downloading', async () => {
    const [folder, elsewhere] = [newFolder(), newFolder()];
    const path = program(elsewhere, 'python', answer('3.12.4'));
    program(folder, 'uv', `[ "$1" = --version ] && echo uv 0.9.0 && exit; [ "$UV_PYTHON_DOWNLOADS" = never ] && echo ${path}`);
    expect(await findPython(hostWith({ PATH: folder }), { major: 3, minor: 12 })).toEqual({ path, version: '3.12.4' });
  });
});

describe('small things', () => {
  it.each([['1.2', '1.10', -1], ['1.2.0', '1.2', 0], ['2', '1.9.9', 1]])('compares %s with %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });

  it('reads versions', () => {
    expect([readVersion('uv 0.13.9 (x86_64-unknown-linux-gnu)'), readVersion('SAM CLI, version 1.170.0'), readVersion('none')]).toEqual(['0.13.9', '1.170.0', undefined]);
  });

  it('takes credentials out of text', () => {
    expect(withoutSecrets('from https://me:pass@host/simple and http://token@other')).toBe('from https://***@host/simple and http://***@other');
  });

  it('pins only versions that its own minimum allows', () => {
    for (const pin of Object.values(toolPins)) if (pin.package) expect(compareVersions(pin.package.version, pin.minimum)).toBeGreaterThanOrEqual(0);
  });
});
