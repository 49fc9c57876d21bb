import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { digestOf, keyOf, type NodeKey } from '../base/digest.ts';
import type { Host } from '../base/host.ts';
import { Failure, failure } from '../base/fault.ts';
import type { LockedBuild, LockedFfmpeg, LockedFile, Lock } from '../lock/lock.ts';
import { lockedWheels, type LockDecision } from '../lock/for-requirements.ts';
import { findPython } from '../tools/find-python.ts';
import type { LockedWheel, ResolvedWheel } from './python/locked-wheel.ts';
import { prepareDownloads } from './python/download.ts';
import { readPackageIndexes } from './python/package-index.ts';
import { isFullyHashed, lacksSomething, refreshCompiled, sourceOfCompiled } from './python/refresh-compiled.ts';
import { readRequirementTexts, type DependencySource } from './python/requirement-texts.ts';
import { resolveRequirements } from './python/resolve.ts';
import type { WheelTarget } from './python/tags.ts';
import { provideWheels } from './provide-wheels.ts';
import { isNamed, type Upgrade } from './upgrade.ts';
import type { Store } from '../store/store.ts';

/** Gathers what the lock will say while a plan is made. */
export interface LockDraft {
  readonly previous: Lock | undefined;
  readonly isFrozen: boolean;
  readonly upgrade: Upgrade;
  readonly wheels: Map<string, LockedFile>;
  readonly ffmpeg: Map<string, LockedFfmpeg>;
  readonly builds: Map<string, { readonly section: 'functions' | 'layers'; readonly build: LockedBuild }>;
  readonly tools: Map<string, string>;
}

/** What is wanted for one function or Lambda layer. */
export interface DependencyRequest {
  readonly name: string;
  readonly source: DependencySource;
  readonly target: WheelTarget;
  readonly withoutDependencies: boolean;
  readonly projectFolder: string;
}

/** The wheels of a function: the lock's when its requirements are unchanged, else resolved anew. */
export async function dependenciesOf(
  host: Host,
  store: Store,
  draft: LockDraft,
  request: DependencyRequest,
): Promise<{ readonly wheels: readonly LockedWheel[]; readonly manifest: LockedBuild['manifest']; readonly platform: string }> {
  const shown = (path: string): string => relative(request.projectFolder, path);
  const platform = printPlatform(request.target);
  const decide = (): LockDecision => lockedWheels(draft.previous, request.name, { platform, manifest: manifestOf(request.source, shown) });
  const first = decide();
  const mustRefresh = first.kind === 'resolve' || first.wheels.some((wheel) => isNamed(draft.upgrade, wheel.name));
  // While uv works.
  if (mustRefresh && !draft.isFrozen) setImmediate(() => prepareDownloads(host, readPackageIndexes(host, request.source.cwd)));
  const isStale = mustRefresh && !draft.isFrozen && (await refreshSources(host, draft, request));
  const decision = isStale ? decide() : first;
  const manifest = manifestOf(request.source, shown);
  const kept = decision.kind === 'reuse' ? decision.wheels.filter((wheel) => !isNamed(draft.upgrade, wheel.name)) : [];
  if (decision.kind === 'reuse' && kept.length === decision.wheels.length) {
    draftWheels(draft, decision.wheels);
    return { wheels: decision.wheels, manifest, platform };
  }
  if (draft.isFrozen) {
    throw failure('lock/drift', `${decision.kind === 'resolve' ? decision.why : 'a package is to be moved'}, and --frozen takes nothing that is not locked`, {
      next: 'run `shear lock`, look at the difference and commit shear.lock',
    });
  }
  const python = await findPython(host, request.target.python);
  const resolution = await keeping(kept, request.source, async (source) => await resolveRequirements(host, {
    source, target: request.target, shown, isKnown: isStale,
    // What is hashed throughout names everything: nothing to resolve, which is quicker and exact.
    withoutDependencies: request.withoutDependencies || ((request.source.texts ?? []).length === 0 && request.source.files.every(isFullyHashed)),
    ...(python ? { python } : {}),
  }));
  draft.tools.set('uv', resolution.uvVersion);
  const wheels = await complete(host, store, resolution.wheels, request);
  draftWheels(draft, wheels);
  return { wheels, manifest, platform };
}

/** Notes what the lock will name. */
export function draftWheels(draft: LockDraft, wheels: readonly LockedWheel[]): void {
  for (const { fileName, ...file } of wheels) draft.wheels.set(fileName, file);
}

/** Resolves with the packages that need not move held at their locked versions; without that where it cannot be. */
async function keeping<T>(kept: readonly LockedWheel[], source: DependencySource, resolve: (source: DependencySource) => Promise<T>): Promise<T> {
  if (kept.length === 0) return await resolve(source);
  const folder = await mkdtemp(join(tmpdir(), 'shear-keep-'));
  try {
    const path = join(folder, 'constraints.txt');
    writeFileSync(path, kept.map(({ name, version }) => `${name}==${version}\n`).join(''));
    return await resolve({ ...source, constraints: [...(source.constraints ?? []), path] });
  } catch (error) {
    if (!(error instanceof Failure) || error.fault.code !== 'dependencies/unresolvable') throw error;
    return await resolve(source);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Names the texts that wheels are resolved from, with the sources that compiled files have beside them. */
function manifestOf(source: DependencySource, shown: (path: string) => string): NodeKey {
  const { digest } = readRequirementTexts(source, shown);
  const sources = source.files.map(sourceOfCompiled).filter((path) => path !== undefined);
  return sources.length === 0 ? digest : keyOf([digest, ...sources.map((path) => digestOf(readFileSync(path)))]);
}

/** Compiles requirements.in again where it changed since the lock was written; true when a compiled file changed. */
async function refreshSources(host: Host, draft: LockDraft, request: DependencyRequest): Promise<boolean> {
  const { upgrade } = draft;
  const isLocked = (draft.previous?.functions[request.name] ?? draft.previous?.layers[request.name]) !== undefined;
  let isChanged = false;
  for (const compiled of request.source.files) {
    const source = sourceOfCompiled(compiled);
    if (source === undefined || (!isLocked && upgrade.length === 0 && !lacksSomething(source, compiled))) continue;
    if (!(await refreshCompiled(host, { source, compiled, target: request.target, upgrade }))) continue;
    host.emit({ kind: 'note', text: `${relative(request.projectFolder, compiled)} was compiled again from ${relative(request.projectFolder, source)}` });
    isChanged = true;
  }
  return isChanged;
}

/** Wheels whose index gives no size or hash are fetched for it; all get their addresses used at once while they are known. */
async function complete(host: Host, store: Store, wheels: readonly ResolvedWheel[], request: DependencyRequest): Promise<readonly LockedWheel[]> {
  const fetched = await provideWheels(host, store, wheels, { target: request.target, cwd: request.source.cwd });
  return fetched.map(({ name, version, fileName, size, sha256 }) => ({ name, version, fileName, size, sha256 }));
}

/** As the lock has it: `linux/amd64 python3.12 glibc2.34`. */
export function printPlatform({ architecture, python, glibc }: WheelTarget): string {
  return `linux/${architecture === 'arm64' ? 'arm64' : 'amd64'} python${python.major}.${python.minor} glibc${glibc.join('.')}`;
}
