import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { digestOf, keyOf, type NodeKey } from '../base/digest.ts';
import { Failure, failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { Place } from '../base/source.ts';
import { lockedWheels } from '../lock/for-requirements.ts';
import type { LockedBuild } from '../lock/lock.ts';
import type { Store } from '../store/store.ts';
import { draftWheels, printPlatform, type LockDraft } from './dependencies.ts';
import { provideWheels } from './provide-wheels.ts';
import type { LockedWheel, ResolvedWheel } from './python/locked-wheel.ts';
import type { LockedPackage } from './python/pylock.ts';
import { printTarget } from './python/resolution-failure.ts';
import { resolveRequirements } from './python/resolve.ts';
import { bestWheel, type WheelTarget } from './python/tags.ts';
import type { ToolLock } from './python/tool-lock.ts';
import { isNamed } from './upgrade.ts';

/** What is wanted for one function or Lambda layer whose tool keeps a lock of its own. */
export interface LockedRequest {
  readonly name: string;
  readonly lock: ToolLock;
  readonly packages: readonly LockedPackage[];
  readonly target: WheelTarget;
  readonly projectFolder: string;
}

/** The wheels that a tool's lock names, by exact version and hash; shear.lock records which of them a build takes. Nothing is resolved. */
export async function dependenciesOfLock(host: Host, store: Store, draft: LockDraft, request: LockedRequest): Promise<{ readonly wheels: readonly LockedWheel[]; readonly manifest: LockedBuild['manifest']; readonly platform: string }> {
  const { lock, target, projectFolder } = request;
  const platform = printPlatform(target);
  const manifest = manifestOf(lock);
  const shown = relative(projectFolder, lock.path);
  const decision = lockedWheels(draft.previous, request.name, { platform, manifest });
  for (const { name } of request.packages) tellWhoMoves(host, draft, { name, tool: lock.tool });
  if (decision.kind === 'reuse') {
    draftWheels(draft, decision.wheels);
    return { wheels: decision.wheels, manifest, platform };
  }
  if (draft.isFrozen) throw failure('lock/drift', `${decision.why}, and --frozen takes nothing that is not locked`, { next: 'run `shear lock`, look at the difference and commit shear.lock' });
  const place = (name: string): Place => placeOf(lock.path, shown, name);
  const known = request.packages.filter(({ allowed }) => allowed === undefined);
  const chosen = known.map((entry): ResolvedWheel => {
    const wheel = bestWheel(entry.wheels, target);
    if (wheel) return wheel;
    const others = entry.wheels.map(({ fileName }) => fileName);
    throw failure('dependencies/no-wheel', `${entry.name} ${entry.version ?? ''} has no wheel that runs on ${printTarget(target)}`, {
      place: place(entry.name),
      why: others.length > 0 ? `its wheels in ${basename(lock.path)} are ${others.join(', ')}` : `${basename(lock.path)} has it as source only, and nothing is built on this machine`,
      next: `lock a release of ${entry.name} with such a wheel`,
    });
  });
  const asked = await askIndex(host, request, place);
  const wheels = await provide(host, store, [...chosen, ...asked], request);
  draftWheels(draft, wheels);
  return { wheels, manifest, platform };
}

const movers: Readonly<Record<ToolLock['tool'], string>> = { uv: 'uv lock --upgrade-package', poetry: 'poetry update', pdm: 'pdm update', pipenv: 'pipenv upgrade', pylock: 'the tool that wrote pylock.toml:' };

/** A package that was named to be moved stands at what the tool's lock says. */
function tellWhoMoves(host: Host, { upgrade }: LockDraft, { name, tool }: { readonly name: string; readonly tool: ToolLock['tool'] }): void {
  if (upgrade !== 'all' && isNamed(upgrade, name)) host.emit({ kind: 'note', text: `${name} is moved by \`${movers[tool]} ${name}\`: shear takes the version that the lock has` });
}

/** Names the texts that decide: a change of either has the lock read again. */
function manifestOf({ tool, path, manifest }: ToolLock): NodeKey {
  return keyOf([tool, ...[path, ...(manifest === undefined ? [] : [manifest])].map((file) => [basename(file), digestOf(readFileSync(file))])]);
}

/** A lock that has hashes without files: the index tells the files, and one of the hashes must be theirs. */
async function askIndex(host: Host, { packages, target, lock }: LockedRequest, place: (name: string) => Place): Promise<readonly ResolvedWheel[]> {
  const lines = packages.flatMap(({ name, version, allowed }) => (allowed ? [`${name}==${version ?? ''}${[...allowed].toSorted().map((hash) => ` --hash=sha256:${hash}`).join('')}`] : []));
  if (lines.length === 0) return [];
  const folder = await mkdtemp(join(tmpdir(), 'shear-lock-'));
  try {
    const path = join(folder, 'requirements.txt');
    writeFileSync(path, `${lines.join('\n')}\n`);
    const { wheels } = await resolveRequirements(host, { source: { kind: 'requirements', files: [path], cwd: dirname(lock.path) }, target, withoutDependencies: true });
    return wheels;
  } catch (error) {
    if (!(error instanceof Failure) || !error.fault.place?.file.startsWith(folder)) throw error;
    const name = /^[\w.-]+/u.exec(lines[error.fault.place.line - 1] ?? '')?.[0] ?? '';
    throw new Failure({ ...error.fault, place: place(name) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function provide(host: Host, store: Store, wheels: readonly ResolvedWheel[], { target, lock, packages }: LockedRequest): Promise<readonly LockedWheel[]> {
  const indexes = new Set(packages.flatMap(({ index }) => index ?? []));
  try {
    const fetched = await provideWheels(host, store, wheels, { target, cwd: dirname(lock.path) });
    return fetched.map(({ name, version, fileName, size, sha256 }) => ({ name, version, fileName, size, sha256 })).toSorted((a, b) => (a.fileName < b.fileName ? -1 : 1));
  } catch (error) {
    if (!(error instanceof Failure) || indexes.size === 0 || !/^dependencies\/(?:not-in-index|unresolvable)$/u.test(error.fault.code)) throw error;
    throw new Failure({ ...error.fault, next: `${basename(lock.path)} takes packages from ${[...indexes].join(', ')}: name that index to uv or pip (UV_INDEX, pip.conf)` });
  }
}

/** Where a lock has a package. */
function placeOf(path: string, shown: string, name: string): Place {
  const lines = readFileSync(path, 'utf8').split('\n');
  const pattern = new RegExp(`^\\s*(?:name = )?"${name.replace(/[-_.]+/gu, '[-_.]')}"`, 'iu');
  return { file: shown, line: Math.max(0, lines.findIndex((line) => pattern.test(line))) + 1, column: 1 };
}
