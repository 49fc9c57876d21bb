import { parseDigest, type Digest, type NodeKey } from '../base/digest.ts';
import { fault, type Fault } from '../base/fault.ts';
import { err, ok, type Result } from '../base/result.ts';
import { placeAt, type SourceFile } from '../base/source.ts';
import type { Lock, LockedBase, LockedBuild, FfmpegResult, LockedFfmpeg, LockedFile, LockedImage } from './lock.ts';

/** Reads the text of a lock; everything is checked, and what is wrong is told with its place. */
export function parseLock(source: SourceFile): Result<Lock> {
  let value: unknown;
  try {
    value = JSON.parse(source.text.replace(/^\ufeff/u, ''));
  } catch (error) {
    return err(brokenJson(source, error));
  }
  try {
    return ok(readLock(value));
  } catch (error) {
    if (error instanceof Mistake) return err(misfit(source, error));
    throw error;
  }
}

/** Where in the document something is not as it must be. */
class Mistake extends Error {
  readonly path: readonly string[];
  readonly next: string;
  constructor(path: readonly string[], what: string, next: string = repair) {
    super(what);
    this.path = path;
    this.next = next;
  }
}

type Path = readonly string[];
type Read<T> = (value: unknown, path: Path) => T;

function readLock(value: unknown): Lock {
  const lock = object(value, []);
  if (typeof lock['schema'] === 'number' && lock['schema'] > 1) throw new Mistake(['schema'], `it has schema ${lock['schema']}, and this version of shear knows schema 1`, newer);
  if (lock['schema'] !== 1) throw new Mistake(['schema'], `the schema is ${JSON.stringify(lock['schema'])}, and this version of shear knows schema 1`);
  return {
    schema: 1,
    tools: record(lock['tools'], ['tools'], text),
    bases: record(lock['bases'], ['bases'], readBase),
    wheels: record(lock['wheels'], ['wheels'], readFile),
    ffmpeg: record(lock['ffmpeg'], ['ffmpeg'], readFfmpeg),
    functions: record(lock['functions'], ['functions'], readBuild),
    layers: record(lock['layers'], ['layers'], readBuild),
  };
}

const readBase: Read<LockedBase> = (value, path) => {
  const base = object(value, path);
  const image = (architecture: string): LockedImage | undefined => (base[architecture] === undefined ? undefined : readImage(base[architecture], [...path, architecture]));
  const [intel, arm] = [image('x86_64'), image('arm64')];
  return { ...(intel ? { x86_64: intel } : {}), ...(arm ? { arm64: arm } : {}) };
};

const readImage: Read<LockedImage> = (value, path) => {
  const image = object(value, path);
  return { digest: readDigest(image['digest'], [...path, 'digest']), ...optional('index', image, path, readDigest) };
};

const readFile: Read<LockedFile> = (value, path) => {
  const file = object(value, path);
  const sha256 = text(file['sha256'], [...path, 'sha256']);
  if (!/^[0-9a-f]{64}$/u.test(sha256)) throw new Mistake([...path, 'sha256'], 'is no sha256 (64 lower-case hex digits)');
  const { size } = file;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw new Mistake([...path, 'size'], 'is no number of bytes');
  return { name: text(file['name'], [...path, 'name']), version: text(file['version'], [...path, 'version']), size, sha256 };
};

const readFfmpeg: Read<LockedFfmpeg> = (value, path) => {
  const built = object(value, path);
  return {
    version: text(built['version'], [...path, 'version']),
    sources: record(built['sources'], [...path, 'sources'], readDigest),
    configure: text(built['configure'], [...path, 'configure']),
    results: record(built['results'], [...path, 'results'], readFfmpegResult),
    ...(Array.isArray(built['evidence']) ? { evidence: built['evidence'].map((line, index) => text(line, [...path, 'evidence', String(index)])) } : {}),
  };
};

const readFfmpegResult: Read<FfmpegResult> = (value, path) => {
  const result = object(value, path);
  return { digest: readDigest(result['digest'], [...path, 'digest']), compiler: text(result['compiler'], [...path, 'compiler']), ...(typeof result['proved'] === 'number' ? { proved: result['proved'] } : {}) };
};

const readBuild: Read<LockedBuild> = (value, path) => {
  const build = object(value, path);
  const { wheels } = build;
  if (!Array.isArray(wheels)) throw new Mistake([...path, 'wheels'], 'is no list');
  return {
    platform: text(build['platform'], [...path, 'platform']),
    ...optional('base', build, path, text),
    ...optional('manifest', build, path, readKey),
    wheels: wheels.map((wheel, index) => text(wheel, [...path, 'wheels', String(index)])),
    ...optional('ffmpeg', build, path, text),
    ...optional('foundation', build, path, readDigest),
  };
};

function optional<K extends string, T>(name: K, from: Readonly<Record<string, unknown>>, path: Path, read: Read<T>): { readonly [P in K]?: T } {
  const value = from[name];
  return value === undefined ? {} : ({ [name]: read(value, [...path, name]) } as { readonly [P in K]: T });
}

function readDigest(value: unknown, path: Path): Digest {
  const digest = parseDigest(text(value, path));
  if (digest === undefined) throw new Mistake(path, 'is no digest (sha256: and 64 lower-case hex digits)');
  return digest;
}

function readKey(value: unknown, path: Path): NodeKey {
  const key = text(value, path);
  if (!/^key:[0-9a-f]{64}$/u.test(key)) throw new Mistake(path, 'is no key (key: and 64 lower-case hex digits)');
  return key as NodeKey;
}

function record<T>(value: unknown, path: Path, read: Read<T>): Readonly<Record<string, T>> {
  if (value === undefined) return {};
  return Object.fromEntries(Object.entries(object(value, path)).map(([name, entry]) => [name, read(entry, [...path, name])]));
}

function object(value: unknown, path: Path): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw new Mistake(path, 'is no object');
}

function text(value: unknown, path: Path): string {
  if (typeof value === 'string') return value;
  throw new Mistake(path, value === undefined ? 'is missing' : 'is no text');
}

const repair = 'restore it from version control, or remove it and run `shear lock`';
const newer = 'update shear to the version that wrote it (`npm install --save-dev shear@latest`, or what the project uses)';

function brokenJson(source: SourceFile, error: unknown): Fault {
  const message = error instanceof Error ? error.message : '';
  const conflict = /^<{7}/mu.exec(source.text);
  if (conflict) {
    return fault('lock/invalid', `${source.path} holds an unresolved merge conflict`, { place: placeAt(source, conflict.index), next: 'take either side and run `shear lock`' });
  }
  const position = /position (\d+)/u.exec(message)?.[1];
  const offset = position === undefined ? source.text.trimEnd().length : Number(position);
  return fault('lock/invalid', `${source.path} is no JSON`, { place: placeAt(source, offset), why: message, next: repair });
}

/** The place of a member, found by its names one after the other: enough for a file that shear itself lays out. */
function misfit(source: SourceFile, mistake: Mistake): Fault {
  let offset = 0;
  for (const name of mistake.path) {
    const found = source.text.indexOf(`${JSON.stringify(name)}:`, offset);
    if (found >= 0) offset = found;
  }
  const shown = mistake.path.map((name) => JSON.stringify(name)).join(' → ');
  const what = mistake.path.length === 0 ? `it ${mistake.message}` : mistake.path[0] === 'schema' ? mistake.message : `${shown} ${mistake.message}`;
  return fault('lock/invalid', `${source.path} cannot be used: ${what}`, { place: placeAt(source, offset), next: mistake.next });
}
