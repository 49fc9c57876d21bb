import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { failure } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import type { TreeEntry } from '../../base/tree.ts';
import type { PythonVersion } from '../../model/function.ts';
import type { BlobSink, StoredBlob } from '../../oci/blob-sink.ts';
import type { FileEntry } from '../../oci/content.ts';
import type { Python } from '../../tools/find-python.ts';
import { writeZipTo } from '../../zip/archive.ts';
import { readZip } from '../../zip/read.ts';
import { bytecodeProgram } from './bytecode-program.ts';
import { isCompiled, pycPath } from './pyc-path.ts';

/** Sources whose bytecode belongs in one blob: those of one wheel. */
export interface BytecodeJob {
  /** The wheel's file name, for messages. */
  readonly owner: string;
  /** Any entries; only `.py` files count. */
  readonly entries: readonly TreeEntry[];
}

/** How and where to compile. */
export interface BytecodeOptions {
  /** Of the version that the artefact runs on; the patch version counts too, since compilers get mended. */
  readonly python: Python;
  /** Absolute folder that the artefact's root is at when it runs: `/`, `/var/task` or `/opt`. */
  readonly root: string;
  readonly sink: BlobSink;
  /** Absolute folder for temporary files; made when absent. */
  readonly workFolder: string;
  /** Processes at the same time. */
  readonly parallel: number;
  /**
   * True to compile everything twice, by processes with other hash seeds and in opposite order, and to leave out what
   * then differs. Costs as much again: compiling is nearly all of the time, about 0.25 s per megabyte of source.
   */
  readonly isChecked: boolean;
  /** `deflated` for what ends in a zip, where it is then copied; `stored` for what ends in an image layer. */
  readonly packing: 'stored' | 'deflated';
}

/** What a job left. */
export interface CompiledBytecode {
  readonly owner: string;
  /** A zip with the .pyc files under their paths in the artefact: see `bytecodeEntries`. */
  readonly blob: StoredBlob;
  /** Paths of sources whose bytecode came out differently the second time; they have none. */
  readonly unstable: readonly string[];
}

/**
 * Compiles sources to unchecked-hash .pyc files (PEP 552) that name them by their path in the artefact. What does not
 * compile is left out, as is what comes out differently the second time (`isChecked`). The blobs depend on the sources, their paths, `root` and the Python's version alone.
 * Fails with `tool/failed` when the interpreter does not do its work.
 */
export async function compileBytecode(host: Host, jobs: readonly BytecodeJob[], options: BytecodeOptions): Promise<readonly CompiledBytecode[]> {
  const sources = jobs.map((job) => job.entries.filter(isSource).toSorted((a, b) => (a.path < b.path ? -1 : 1)));
  await mkdir(options.workFolder, { recursive: true });
  const folder = await mkdtemp(join(options.workFolder, 'bytecode-'));
  try {
    const bytecode = await compileAll(host, sources.flat(), { ...options, folder });
    const done: CompiledBytecode[] = [];
    for (const [index, job] of jobs.entries()) done.push(await packJob(job.owner, sources[index] ?? [], { bytecode, options }));
    return done;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The entries of a blob that `compileBytecode` made: .pyc files and their folders. */
export function bytecodeEntries(path: string): readonly TreeEntry[] {
  const files = readZip(path).map(({ name, size, offset, compressedSize, method, crc32 }): TreeEntry => ({
    kind: 'file', path: name, mode: 0o644, size, content: { kind: 'zip-member', archive: path, offset, compressedSize, method, crc32 },
  }));
  const folders = new Set(files.map((entry) => posix.dirname(entry.path)));
  return [...[...folders].map((folder): TreeEntry => ({ kind: 'folder', path: folder, mode: 0o755 })), ...files];
}

type Compiled = { readonly kind: 'compiled'; readonly file: string; readonly offset: number; readonly size: number; readonly crc32: number } | { readonly kind: 'unstable' };
type Outcome = readonly [size: number, crc32: number, sha256: string] | null;
type CompileOptions = BytecodeOptions & { readonly folder: string };

function isSource(entry: TreeEntry): entry is FileEntry {
  return entry.kind === 'file' && isCompiled(entry.path) && entry.content.kind !== 'bytes';
}

/** Shards of about the same number of bytes, one process each, or two that compile the same. */
async function compileAll(host: Host, sources: readonly FileEntry[], options: CompileOptions): Promise<ReadonlyMap<FileEntry, Compiled>> {
  const compiled = new Map<FileEntry, Compiled>();
  const count = Math.max(1, Math.floor(options.parallel / (options.isChecked ? 2 : 1)));
  const work = shards(sources, count).map(async (shard, number) => {
    const file = join(options.folder, `${number}.bin`);
    const [first, second] = await Promise.all([
      runPass(host, shard, { ...options, out: file, hashSeed: 0 }),
      options.isChecked ? runPass(host, shard.toReversed(), { ...options, out: null, hashSeed: 1 }) : undefined,
    ]);
    let offset = 0;
    for (const [index, source] of shard.entries()) {
      const one = first[index];
      const other = second ? second[shard.length - 1 - index] : one;
      if (one) {
        const [size, crc32, hash] = one;
        compiled.set(source, other?.[2] === hash ? { kind: 'compiled', file, offset, size, crc32 } : { kind: 'unstable' });
        offset += size;
      } else if (other) compiled.set(source, { kind: 'unstable' });
    }
  });
  await Promise.all(work);
  return compiled;
}

function shards(sources: readonly FileEntry[], count: number): readonly (readonly FileEntry[])[] {
  const size = sources.reduce((sum, source) => sum + source.size, 0) / count;
  const found: FileEntry[][] = Array.from({ length: count }, () => []);
  let seen = 0;
  for (const source of sources) {
    found[Math.min(count - 1, Math.floor(seen / Math.max(1, size)))]?.push(source);
    seen += source.size;
  }
  return found.filter((shard) => shard.length > 0);
}

async function runPass(
  host: Host,
  sources: readonly FileEntry[],
  options: CompileOptions & { readonly out: string | null; readonly hashSeed: number },
): Promise<readonly Outcome[]> {
  const job = { out: options.out, sources: sources.map((source) => sourceRow(source, options.root)) };
  // No site packages, no settings of the user's; the folder is empty, so that nothing in it can be imported by mistake.
  const env = { PYTHONPATH: undefined, PYTHONHOME: undefined, PYTHONOPTIMIZE: undefined, PYTHONWARNINGS: undefined, PYTHONDEVMODE: undefined, PYTHONUTF8: '1' };
  const { code, stdout, stderr } = await host.run(options.python.path, ['-S', '-s', '-B', '-W', 'ignore', '-c', bytecodeProgram], {
    cwd: options.folder,
    input: JSON.stringify(job),
    env: { ...env, PYTHONHASHSEED: String(options.hashSeed) },
  });
  if (code === 0) return JSON.parse(stdout) as readonly Outcome[];
  throw failure('tool/failed', `${options.python.path} could not compile Python sources`, {
    why: `exit code ${code}\n${stderr.trim().split('\n').slice(-3).join('\n')}`,
    next: 'check that interpreter, or build without bytecode',
  });
}

type SourceRow = readonly [file: string, offset: number, size: number, isDeflated: boolean, name: string];

function sourceRow({ content, path, size }: FileEntry, root: string): SourceRow {
  const name = posix.join(root, path);
  switch (content.kind) {
    case 'disk':
      return [content.path, 0, size, false, name];
    case 'zip-member':
      return [content.archive, content.offset, content.compressedSize, content.method === 'deflated', name];
    case 'bytes':
      throw new Error('unreachable: generated sources are not compiled');
  }
}

async function packJob(
  owner: string,
  sources: readonly FileEntry[],
  from: { readonly bytecode: ReadonlyMap<FileEntry, Compiled>; readonly options: BytecodeOptions },
): Promise<CompiledBytecode> {
  const { options, bytecode } = from;
  const version = versionOf(options.python);
  const files = sources.flatMap((source): readonly TreeEntry[] => {
    const compiled = bytecode.get(source);
    if (compiled?.kind !== 'compiled') return [];
    const { file, offset, size, crc32 } = compiled;
    return [{ kind: 'file', path: pycPath(source.path, version), mode: 0o644, size, content: { kind: 'zip-member', archive: file, offset, compressedSize: size, method: 'stored', crc32 } }];
  });
  const writer = options.sink.begin();
  try {
    await writeZipTo(files, (chunks) => chunks.forEach(writer.write), { members: options.packing === 'deflated' ? 'deflate' : 'copy' });
    const unstable = sources.filter((source) => bytecode.get(source)?.kind === 'unstable').map(({ path }) => path);
    return { owner, blob: await writer.commit(), unstable };
  } finally {
    writer.abort();
  }
}

function versionOf({ version }: Python): PythonVersion {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return { major, minor };
}
