import { relative } from 'node:path';
import type { Host } from '../base/host.ts';
import { failure } from '../base/fault.ts';
import type { LockedBuild, LockedFile, Lock } from '../lock/lock.ts';
import { lockedWheels } from '../lock/for-requirements.ts';
import { findPython } from '../tools/find-python.ts';
import type { LockedWheel, ResolvedWheel } from './python/locked-wheel.ts';
import { readRequirementTexts, type DependencySource } from './python/requirement-texts.ts';
import { resolveRequirements } from './python/resolve.ts';
import type { WheelTarget } from './python/tags.ts';
import { provideWheels } from './provide-wheels.ts';
import type { Store } from '../store/store.ts';

/** Gathers what the lock will say while a plan is made. */
export interface LockDraft {
  readonly previous: Lock | undefined;
  readonly isFrozen: boolean;
  readonly wheels: Map<string, LockedFile>;
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
  const { digest: manifest } = readRequirementTexts(request.source, shown);
  const platform = printPlatform(request.target);
  const decision = lockedWheels(draft.previous, request.name, { platform, manifest });
  if (decision.kind === 'reuse') {
    for (const { fileName, ...file } of decision.wheels) draft.wheels.set(fileName, file);
    return { wheels: decision.wheels, manifest, platform };
  }
  if (draft.isFrozen) {
    throw failure('lock/drift', `${decision.why}, and --frozen takes nothing that is not locked`, {
      next: 'run `shear lock`, look at the difference and commit shear.lock',
    });
  }
  const python = await findPython(host, request.target.python);
  const resolution = await resolveRequirements(host, {
    source: request.source, target: request.target, shown, withoutDependencies: request.withoutDependencies,
    ...(python ? { python } : {}),
  });
  draft.tools.set('uv', resolution.uvVersion);
  const wheels = await complete(host, store, resolution.wheels, request);
  for (const { fileName, ...file } of wheels) draft.wheels.set(fileName, file);
  return { wheels, manifest, platform };
}

/** Wheels whose index gives no size or hash are fetched for it; all get their addresses used at once while they are known. */
async function complete(host: Host, store: Store, wheels: readonly ResolvedWheel[], request: DependencyRequest): Promise<readonly LockedWheel[]> {
  const fetched = await provideWheels(host, store, wheels, { target: request.target, cwd: request.source.cwd });
  return fetched.map(({ name, version, fileName, size, sha256 }) => ({ name, version, fileName, size, sha256 }));
}

function printPlatform({ architecture, python, glibc }: WheelTarget): string {
  return `linux/${architecture === 'arm64' ? 'arm64' : 'amd64'} python${python.major}.${python.minor} glibc${glibc.join('.')}`;
}
