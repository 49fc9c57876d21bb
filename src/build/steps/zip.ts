import { posix } from 'node:path';
import type { TreeEntry } from '../../base/tree.ts';
import { failure } from '../../base/fault.ts';
import type { ListedFile } from '../../graph/list-files.ts';
import type { Step } from '../../graph/run.ts';
import { sortEntries } from '../../oci/tar.ts';
import { writeZipTo } from '../../zip/archive.ts';
import { pythonTree, type WheelInstall } from '../python-tree.ts';
import { linkTarget } from './link-target.ts';
import type { StepContext } from './step-table.ts';

/** Parameters of a zip function or Lambda layer. */
export interface ZipParams {
  readonly name: string;
  readonly install: WheelInstall | null;
  /** Folder of the sources in the zip: `''`, or `python` in a Lambda layer. */
  readonly sourceFolder: string;
}

/** Lambda's limit for a function with its layers, unpacked: 250 MB (Lambda quotas page). */
const mostUnpacked = 262_144_000;

/** Sources and wheels in one deterministic zip. A source wins over a wheel's file of the same path, as in sam. */
export function zipStep(context: StepContext): Step['run'] {
  const { store } = context;
  return async ({ node, listings }) => {
    const params = node.params as unknown as ZipParams;
    const tree = params.install ? (await pythonTree(context, params.install)).entries : [];
    const sources = (listings[0]?.files ?? []).filter((file) => file.kind !== 'folder').map((file) => sourceEntry(file, params.sourceFolder));
    const own = new Set(sources.map((entry) => entry.path));
    const shadowed = new Set([...own].filter((path) => path.endsWith('.py')).map(bytecodeStem));
    const kept = tree.filter((entry) => entry.kind !== 'folder' && !own.has(entry.path) && !isShadowed(entry.path, shadowed));
    // Before any of it is read: sizes are known, and reading gigabytes for nothing takes minutes.
    const unpacked = [...kept, ...sources].reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0);
    if (unpacked > mostUnpacked) throw tooBig(params.name, unpacked);
    const writer = store.begin();
    try {
      const written = await writeZipTo(sortEntries([...kept, ...sources]), (chunks) => {
        for (const chunk of chunks) writer.write(chunk);
      });
      const blob = await writer.commit();
      return { blobs: [{ name: 'zip', digest: blob.digest, size: blob.size }], data: { unpackedSize: written.unpackedSize } };
    } catch (error) {
      writer.abort();
      throw error;
    }
  };
}

function sourceEntry(file: ListedFile, folder: string): TreeEntry {
  const path = posix.join(folder, file.path);
  if (file.kind === 'link') return { kind: 'link', path, target: linkTarget(file.absolute) };
  const mode = (file.mode & 0o100) === 0 ? 0o644 : 0o755;
  return { kind: 'file', path, mode, size: file.size, content: { kind: 'disk', path: file.absolute } };
}

function bytecodeStem(source: string): string {
  const { dir, name } = posix.parse(source);
  return posix.join(dir, '__pycache__', `${name}.`);
}

function isShadowed(path: string, stems: ReadonlySet<string>): boolean {
  if (!path.endsWith('.pyc')) return false;
  const { dir, base } = posix.parse(path);
  return stems.has(posix.join(dir, `${base.slice(0, base.indexOf('.'))}.`));
}

function tooBig(name: string, bytes: number): Error {
  return failure('limit/exceeded', `${name} is ${(bytes / 1_048_576).toFixed(0)} MB unpacked; Lambda takes 250 MB with its layers`, {
    next: 'take unused dependencies out (`shear audit` names them), or make it an image function, which may have 10 GB',
  });
}
