import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withoutSecrets } from '../base/redact.ts';
import { diskFault, Failure, failure } from '../base/fault.ts';
import type { Host, ProcessResult } from '../base/host.ts';
import { alone } from './alone.ts';
import { anyPythons } from './find-python.ts';
import { findTool, runTool, versionOf, type Tool } from './find-tool.ts';
import { toolPins, type PinnedPackage, type ToolName } from './pins.ts';
import { isProgram } from './search-path.ts';

/**
 * A program, made if need be: the user's (`findTool`), else shear's own under `<cacheFolder>/tools/<name>-<version>`,
 * which is installed once from the user's package index: uv itself with the user's pip, all others with uv, or with pip where uv
 * does not get them. Several that want it at once, in this process or others, wait for one of them. Fails with `tool/missing` where that is not possible, and `network/unreachable` when pip reaches no index.
 */
export async function provideTool(host: Host, name: ToolName): Promise<Tool> {
  const found = await findTool(host, name);
  if (found) return found;
  const { package: pinned, purpose, install } = toolPins[name];
  if (!pinned) throw failure('tool/missing', `${name} is not installed`, { why: `it is needed to ${purpose}`, next: install });
  const folder = join(host.cacheFolder, 'tools', `${pinned.name}-${pinned.version}`);
  const made = await ownTool(host, name, pinned, folder);
  if (made) return made;
  await makeOnce(host, name, pinned, folder);
  const tool = await ownTool(host, name, pinned, folder);
  if (tool) return tool;
  throw failure('tool/missing', `${name} ${pinned.version} was installed into ${folder} but does not run`, { why: `it is needed to ${purpose}`, next: install });
}

/**
 * A folder with the modules of a pinned package, to be put on the PYTHONPATH of another Python than the machine's first: the one
 * that its override variable names, else shear's own, installed once. Fails as `provideTool` does.
 */
export async function provideModules(host: Host, name: ToolName): Promise<string> {
  const pin = toolPins[name];
  const named = host.env[pin.override];
  if (named !== undefined && named !== '') return named;
  if (!pin.package) throw failure('tool/missing', `${name} is not installed`, { why: `it is needed to ${pin.purpose}`, next: pin.install });
  const folder = join(host.cacheFolder, 'tools', `${pin.package.name}-${pin.package.version}`);
  if (!existsSync(folder)) await makeOnce(host, name, pin.package, folder);
  return folder;
}

async function ownTool(host: Host, name: ToolName, pinned: PinnedPackage, folder: string): Promise<Tool | undefined> {
  if (!existsSync(folder)) return undefined;
  const { version } = pinned;
  if (pinned.module === null) {
    const path = join(folder, 'bin', host.os === 'win32' ? `${toolPins[name].program}.exe` : toolPins[name].program);
    return isProgram(path) ? { name, path, args: [], env: {}, version, origin: 'own' } : undefined;
  }
  // Installed with that interpreter, whose path must not be remembered: pip's scripts would name it.
  const path = (await anyPythons(host).next()).value;
  return path === undefined ? undefined : { name, path, args: ['-m', pinned.module], env: { PYTHONPATH: folder }, version, origin: 'own' };
}

/** What this process makes at the moment, by folder: whoever wants the same waits for it. */
const underWay = new Map<string, Promise<void>>();

/** Once within this process, and by one process at a time: the others find it made. */
async function makeOnce(host: Host, name: ToolName, pinned: PinnedPackage, folder: string): Promise<void> {
  const before = underWay.get(folder);
  if (before) return await before;
  const isMade = async (): Promise<boolean> => (await ownTool(host, name, pinned, folder)) !== undefined;
  const making = async (): Promise<void> => {
    await onToolsDisk(folder, async () => await mkdir(dirname(folder), { recursive: true }));
    await alone(host, { path: `${folder}.lock`, what: `installs ${pinned.name} ${pinned.version} for shear` }, async () => {
      if (!(await isMade())) await make(host, name, pinned, folder);
    });
  };
  const work = making().finally(() => underWay.delete(folder));
  underWay.set(folder, work);
  await work;
}

async function make(host: Host, name: ToolName, pinned: PinnedPackage, folder: string): Promise<void> {
  const label = `install ${pinned.name} ${pinned.version} for shear`;
  const started = host.now();
  const begin = (): void => host.emit({ kind: 'step-started', id: `tool:${name}`, label });
  const temporary = await onToolsDisk(folder, async () => await mkdtemp(`${folder}.tmp-`));
  try {
    await install(host, name, pinned, { target: temporary, begin });
    await rename(temporary, folder).catch(async (error: unknown) => {
      // Another process was quicker, or what is there has lost its program.
      if (!existsSync(folder)) throw error;
      if (await ownTool(host, name, pinned, folder)) return;
      await rm(folder, { recursive: true, force: true });
      await rename(temporary, folder);
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  host.emit({ kind: 'step-finished', id: `tool:${name}`, label, cached: false, ms: host.now() - started });
}

/** With uv, else with the pip of the first Python on the PATH that has one. What counts is that the wanted version runs, whatever a hook of pip's did after it. */
async function install(host: Host, name: ToolName, pinned: PinnedPackage, { target, begin }: { readonly target: string; readonly begin: () => void }): Promise<void> {
  const { purpose, install: byHand } = toolPins[name];
  const need = `it is needed to ${purpose}`;
  let result: ProcessResult | undefined;
  for await (const python of anyPythons(host)) {
    if (!result) begin();
    const isThere = !result && name !== 'uv' && (await uvInstall(host, python, pinned, target));
    const last = isThere ? { code: 0, stdout: '', stderr: '' } : await pipInstall(host, python, pinned, target);
    if (last.code === 0 && pinned.module !== null) return;
    const version = await madeVersion(host, name, pinned, { python, target });
    if (version !== undefined && (last.code === 0 || version === pinned.version)) return;
    if (last.code === 0) throw failure('tool/missing', `the ${name} that was installed does not run on this machine`, { why: need, next: byHand });
    result ??= last;
    if (!/No module named pip/u.test(last.stderr)) throw installFailure(name, pinned, last);
  }
  if (result) throw installFailure(name, pinned, result);
  throw failure('tool/missing', `${name} is not installed, and there is no Python to install it with`, { why: `${need}; no python3 was found on the PATH`, next: byHand });
}

async function madeVersion(host: Host, name: ToolName, pinned: PinnedPackage, { python, target }: { readonly python: string; readonly target: string }): Promise<string | undefined> {
  if (pinned.module === null) return await versionOf(host, join(target, 'bin', toolPins[name].program));
  return await versionOf(host, python, ['-m', pinned.module], { PYTHONPATH: target });
}

async function onToolsDisk<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = diskFault(error, folder);
    throw reason ? new Failure(reason, error) : error;
  }
}

/** Whether uv, made if need be, could install it. */
async function uvInstall(host: Host, python: string, pinned: PinnedPackage, target: string): Promise<boolean> {
  const uv = await provideTool(host, 'uv').catch(() => undefined);
  if (!uv) return false;
  const hashed = pinned.hashes.length > 0 ? ['--require-hashes', '--no-deps'] : [];
  const { code } = await runTool(host, uv, ['pip', 'install', '--quiet', '--only-binary', ':all:', ...hashed, '--python', python, '--target', target, '-r', await manifestOf(pinned, target)]);
  return code === 0;
}

async function manifestOf(pinned: PinnedPackage, target: string): Promise<string> {
  const manifest = join(target, 'requirements.txt');
  await writeFile(manifest, [`${pinned.name}==${pinned.version}`, ...pinned.hashes.map((hash) => `    --hash=sha256:${hash}`)].join(' \\\n') + '\n');
  return manifest;
}

/** Only wheels: nothing of a package is executed while it is installed. */
async function pipInstall(host: Host, python: string, pinned: PinnedPackage, target: string): Promise<ProcessResult> {
  const isHashed = pinned.hashes.length > 0;
  const manifest = await manifestOf(pinned, target);
  const args = ['-m', 'pip', 'install', '--quiet', '--no-input', '--no-user', '--disable-pip-version-check', '--only-binary', ':all:'];
  const hashed = isHashed ? ['--require-hashes', '--no-deps', '--no-compile'] : [];
  return await host.run(python, [...args, ...hashed, '--target', target, '-r', manifest], {
    env: { PIP_TARGET: undefined, PIP_PREFIX: undefined, PIP_ROOT: undefined, PIP_REQUIRE_VIRTUALENV: undefined, PIP_ROOT_USER_ACTION: 'ignore' },
  });
}

function installFailure(name: ToolName, pinned: PinnedPackage, result: ProcessResult): Failure {
  const { purpose, install } = toolPins[name];
  const text = withoutSecrets(result.stderr === '' ? result.stdout : result.stderr);
  const isOffline = /ConnectionError|NewConnectionError|Temporary failure in name resolution|ConnectTimeout|Network is unreachable|ProxyError|Max retries exceeded/u.test(text);
  const lines = text.split(/\r?\n/u).filter((line) => /^(?:ERROR|error|.*No module named)/u.test(line)).slice(0, 3);
  const why = [`it is needed to ${purpose}; pip could not install ${pinned.name} ${pinned.version}:`, ...(lines.length > 0 ? lines : [text.trim().split('\n').at(-1) ?? ''])].join('\n');
  return failure(isOffline ? 'network/unreachable' : 'tool/missing', `${name} is not installed`, { why, next: install });
}
