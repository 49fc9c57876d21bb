import type { Lock, LockedBuild, LockedFfmpeg } from './lock.ts';

/** One difference between what is locked and what would be locked now. */
export interface Drift {
  /** What it concerns: `function Convert`, `base public.ecr.aws/lambda/python:3.12`. */
  readonly subject: string;
  /** A sentence without its full stop, in plain words. */
  readonly what: string;
}

/** What changed from one lock to another, in words; empty when they mean the same. Tool versions alone are no drift. */
export function lockDrift(lock: Lock, wanted: Lock): readonly Drift[] {
  return [
    ...baseDrift(lock, wanted),
    ...sectionDrift('ffmpeg build', lock.ffmpeg, wanted.ffmpeg, ffmpegDrift),
    ...sectionDrift('function', lock.functions, wanted.functions, (a, b) => buildDrift([lock, a], [wanted, b])),
    ...sectionDrift('Lambda layer', lock.layers, wanted.layers, (a, b) => buildDrift([lock, a], [wanted, b])),
    ...wheelDrift(lock, wanted),
  ];
}

/** True when both were made by tools whose versions decide the bytes: shear's own, and the Pythons that compile bytecode. */
export function toolsAgree(lock: Lock, wanted: Lock): boolean {
  const deciding = ({ tools }: Lock): string => JSON.stringify(Object.entries(tools).filter(([name]) => name === 'shear' || name.startsWith('python') || name.startsWith('ffmpeg-compiler')).toSorted());
  return deciding(lock) === deciding(wanted);
}

function sectionDrift<T>(kind: string, locked: Readonly<Record<string, T>>, wanted: Readonly<Record<string, T>>, compare: (locked: T, wanted: T) => readonly string[]): readonly Drift[] {
  return sortedUnion(locked, wanted).flatMap((name): readonly Drift[] => {
    const subject = `${kind} ${name}`;
    const [before, after] = [locked[name], wanted[name]];
    if (before === undefined) return [{ subject, what: 'is not in the lock' }];
    if (after === undefined) return [{ subject, what: 'is in the lock, and the project no longer has it' }];
    return compare(before, after).map((what) => ({ subject, what }));
  });
}

/** Another compiler makes other bytes; that alone is a difference between machines, as with the tools. */
function ffmpegDrift(before: LockedFfmpeg, after: LockedFfmpeg): readonly string[] {
  if (before.configure !== after.configure || before.version !== after.version) return ['is configured otherwise'];
  const names = sortedUnion(before.sources, after.sources).filter((name) => before.sources[name] !== after.sources[name]);
  if (names.length > 0) return [`comes from another ${names.join(' and ')}`];
  return (['x86_64', 'arm64'] as const).flatMap((architecture) => {
    const [old, now] = [before.results[architecture], after.results[architecture]];
    if (!now || old?.digest === now.digest || (old && old.compiler !== now.compiler)) return [];
    return [old ? `builds to ${now.digest} for ${architecture}, the lock says ${old.digest}` : `is not locked for ${architecture}`];
  });
}

function baseDrift(lock: Lock, wanted: Lock): readonly Drift[] {
  return sectionDrift('base image', lock.bases, wanted.bases, (before, after) =>
    (['x86_64', 'arm64'] as const).flatMap((architecture) => {
      const [old, now] = [before[architecture]?.digest, after[architecture]?.digest];
      if (old === now || now === undefined) return [];
      return [old === undefined ? `is not locked for ${architecture}` : `moved for ${architecture} from ${old} to ${now}`];
    }),
  );
}

function buildDrift([lock, before]: readonly [Lock, LockedBuild], [wanted, after]: readonly [Lock, LockedBuild]): readonly string[] {
  const found: string[] = [];
  if (before.platform !== after.platform) found.push(`is built for ${after.platform}, the lock says ${before.platform}`);
  if (before.base !== after.base) found.push(`starts from ${after.base ?? 'no base image'}, the lock says ${before.base ?? 'none'}`);
  if (before.manifest !== after.manifest) found.push('has requirements that changed since they were locked');
  found.push(...packageDrift(packagesOf(lock, before), packagesOf(wanted, after)));
  if (before.ffmpeg !== after.ffmpeg) found.push(`takes ${after.ffmpeg ?? 'no ffmpeg'}, the lock says ${before.ffmpeg ?? 'none'}`);
  const isPredicted = before.foundation !== undefined && after.foundation !== undefined && toolsAgree(lock, wanted);
  if (found.length === 0 && isPredicted && before.foundation !== after.foundation) found.push(`builds to the image foundation ${after.foundation ?? ''}, the lock predicts ${before.foundation ?? ''}`);
  return found;
}

/** Names and versions, not file names: that is what a reader knows. */
function packagesOf(lock: Lock, build: LockedBuild): ReadonlyMap<string, { readonly version: string; readonly fileName: string }> {
  return new Map(build.wheels.map((fileName) => {
    const wheel = lock.wheels[fileName];
    return [wheel?.name ?? fileName, { version: wheel?.version ?? '', fileName }];
  }));
}

type Packages = ReturnType<typeof packagesOf>;

function packageDrift(before: Packages, after: Packages): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].toSorted((a, b) => (a < b ? -1 : 1)).flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (!old) return [`needs ${name} ${now?.version ?? ''}, which is not in the lock`];
    if (!now) return [`no longer needs ${name} ${old.version}`];
    if (old.version !== now.version) return [`needs ${name} ${now.version}, the lock says ${old.version}`];
    return old.fileName === now.fileName ? [] : [`takes ${now.fileName}, the lock says ${old.fileName}`];
  });
}

function wheelDrift(lock: Lock, wanted: Lock): readonly Drift[] {
  return Object.keys(wanted.wheels).toSorted().flatMap((fileName): readonly Drift[] => {
    const [before, after] = [lock.wheels[fileName], wanted.wheels[fileName]];
    if (!before || !after || before.sha256 === after.sha256) return [];
    return [{ subject: `wheel ${fileName}`, what: `has the sha256 ${after.sha256}, the lock says ${before.sha256}` }];
  });
}

function sortedUnion(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted((x, y) => (x < y ? -1 : 1));
}
