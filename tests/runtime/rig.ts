import { systemClock } from '../../src/base/clock.ts';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { failure } from '../../src/base/fault.ts';
import type { Host, ProcessResult } from '../../src/base/host.ts';
import type { Backend } from '../../src/runtime/backend.ts';
import { chooseBackend } from '../../src/runtime/backend.ts';
import type { RunRequest } from '../../src/runtime/invoke.ts';

/** A real host over this machine, with an environment of the test's own. */
export function testHost(env: Record<string, string> = {}): Host {
  return {
    env: { PATH: process.env['PATH'], ...env },
    cwd: tmpdir(),
    os: process.platform === 'linux' ? 'linux' : 'darwin',
    arch: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    cacheFolder: join(tmpdir(), 'shear-tests'),
    signal: new AbortController().signal,
    emit: () => undefined,
    now: systemClock(),
    run,
  };
}

function run(program: string, args: readonly string[]): Promise<ProcessResult> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { timeout: 60_000 }, (error, stdout, stderr) => {
      if (error && 'code' in error && error.code === 'ENOENT') reject(failure('tool/missing', `${program} is missing`));
      else resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

export async function temporaryFolder(): Promise<string> {
  const folder = realpathSync(await mkdtemp(join(tmpdir(), 'shear-runtime-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Files by path, written below a folder. */
export function writeFiles(folder: string, files: Record<string, string>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** The newest Python 3 of this machine, and its version `3.x`. */
export const python: { readonly path: string; readonly version: string } = findPython();

function findPython(): { readonly path: string; readonly version: string } {
  const versions = join(homedir(), '.pyenv', 'versions');
  const candidates = existsSync(versions)
    ? readdirSync(versions).flatMap((name) => {
        const version = /^(3\.\d+)\./u.exec(name)?.[1];
        return version === undefined ? [] : [{ path: join(versions, name, 'bin', `python${version}`), version }];
      })
    : [];
  const wanted = candidates.find(({ version }) => version === '3.12');
  if (wanted) return wanted;
  for (const version of ['3.12', '3.13', '3.11', '3.10']) {
    for (const folder of ['/usr/local/bin', '/usr/bin', '/opt/homebrew/bin']) {
      if (existsSync(join(folder, `python${version}`))) return { path: join(folder, `python${version}`), version };
    }
  }
  throw new Error('these tests need a Python 3 on the machine');
}

/** The backends that run here; a missing one is said aloud. */
export const backends: readonly Backend['kind'][] = await usable();

async function usable(): Promise<readonly Backend['kind'][]> {
  const chosen = await chooseBackend(testHost());
  if (chosen.kind === 'bubblewrap') return ['bubblewrap', 'process'];
  console.warn(`SKIPPED: every test under bubblewrap, because ${chosen.kind === 'process' ? chosen.why : chosen.kind}`);
  return ['process'];
}

/** A Python zip function with one module `app`. */
export async function pythonFunction(
  source: string,
  more: {
    readonly backend: Backend['kind'];
    readonly timeout?: number;
    readonly memory?: number;
    readonly handler?: string;
    readonly files?: Record<string, string>;
    readonly layers?: readonly Record<string, string>[];
    readonly environment?: Record<string, string>;
  },
): Promise<RunRequest> {
  const folder = await temporaryFolder();
  const host = testHost();
  return {
    artefact: {
      kind: 'zip',
      folder: writeFiles(join(folder, 'task'), { 'app.py': source, ...more.files }),
      layerFolders: (more.layers ?? []).map((files, at) => writeFiles(join(folder, `layer-${at}`), files)),
      runtime: `python${python.version}`,
      handler: more.handler ?? 'app.handler',
    },
    function: {
      name: 'Example',
      memory: more.memory ?? 256,
      timeout: more.timeout ?? 30,
      ephemeralStorage: 512,
      environment: more.environment ?? {},
      architecture: host.arch,
    },
    workFolder: join(folder, 'work'),
    interpreter: python.path,
    backend: more.backend,
  };
}
