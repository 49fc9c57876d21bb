import { posix } from 'node:path';
import { failure } from '../../base/fault.ts';
import type { Place } from '../../base/source.ts';
import type { Owner, TreeEntry } from '../../base/tree.ts';
import type { ListedFile } from '../../graph/list-files.ts';
import type { Step, StepInput } from '../../graph/run.ts';
import { writeLayer } from '../../oci/layer.ts';
import { sortEntries } from '../../oci/tar.ts';
import { movedPath } from '../frontend/moves.ts';
import type { CopySource, Move } from '../frontend/stage.ts';
import { linkTarget } from './link-target.ts';
import { emptyLayerOutput, layerOutput } from './layer-output.ts';
import type { StepContext } from './step-table.ts';

/** Parameters of a COPY, one listing for each source. */
export interface CopyParams {
  readonly sources: readonly CopySource[];
  readonly destination: string;
  readonly intoFolder: boolean;
  readonly mode: number | null;
  readonly owner: Owner | null;
  readonly moves: readonly Move[];
  readonly createdBy: string;
  readonly place: Place;
}

/** COPY of local files: an image layer of what the context holds there. */
export function copyLayer({ store }: StepContext): Step['run'] {
  return async ({ node, listings }) => {
    const params = node.params as unknown as CopyParams;
    const kept = copiedEntries(params, listings);
    if (kept.length === 0) return emptyLayerOutput;
    const layer = await writeLayer(kept, store, { createdBy: params.createdBy });
    return layerOutput(layer, kept.filter((entry) => entry.kind !== 'folder').map((entry) => entry.path));
  };
}

/** What a COPY puts into its layer, in the layer's order. Throws `build/missing-source`. */
export function copiedEntries(params: CopyParams, listings: StepInput['listings']): readonly TreeEntry[] {
  const entries = params.sources.flatMap((source, at) => entriesOf(source, listings[at], params));
  return sortEntries(entries.flatMap((entry) => moved(entry, params.moves)));
}

function entriesOf(source: CopySource, listing: StepInput['listings'][number] | undefined, params: CopyParams): readonly TreeEntry[] {
  const files = listing?.files ?? [];
  if (source.isPattern) {
    const matches = patternOf(source.path);
    const roots = new Set(files.map((file) => rootMatch(file.path, source.path)).filter((root) => matches.test(root)));
    if (roots.size === 0) throw absent(source.path, params);
    return [...roots].toSorted((a, b) => (a < b ? -1 : 1)).flatMap((root) => copyOne(root, files.filter((file) => file.path === root || file.path.startsWith(`${root}/`)), params));
  }
  if (listing?.root === 'other') throw special(source.path, params);
  if (listing === undefined || listing.root === 'absent') throw absent(source.path, params);
  return copyOne(source.path, files, params);
}

/** A file goes into the destination or becomes it; of a folder the contents go, not the folder itself. */
function copyOne(root: string, files: readonly ListedFile[], params: CopyParams): readonly TreeEntry[] {
  const [only] = files;
  if (files.length === 1 && only && only.path === root && only.kind !== 'folder') {
    const target = params.intoFolder ? posix.join(params.destination, posix.basename(root)) : params.destination;
    return [entryOf(only, target, params)];
  }
  return files
    .filter((file) => file.path !== root)
    .map((file) => entryOf(file, posix.join(params.destination, root === '' ? file.path : file.path.slice(root.length + 1)), params));
}

function entryOf(file: ListedFile, target: string, params: CopyParams): TreeEntry {
  const path = target.replace(/^\//u, '');
  const owner = params.owner ? { owner: params.owner } : {};
  if (file.kind === 'folder') return { kind: 'folder', path, mode: params.mode ?? 0o755, ...owner };
  if (file.kind === 'link') return { kind: 'link', path, target: linkTarget(file.absolute), ...owner };
  const mode = params.mode ?? ((file.mode & 0o100) === 0 ? 0o644 : 0o755);
  return { kind: 'file', path, mode, size: file.size, content: { kind: 'disk', path: file.absolute }, ...owner };
}

function moved(entry: TreeEntry, moves: readonly Move[]): readonly TreeEntry[] {
  const path = movedPath(`/${entry.path}`, moves);
  return path === undefined ? [] : [{ ...entry, path: path.slice(1) }];
}

function rootMatch(path: string, pattern: string): string {
  return path.split('/').slice(0, pattern.split('/').length).join('/');
}

/** Go's filepath.Match, which COPY uses: `*` and `?` stop at a slash. */
function patternOf(pattern: string): RegExp {
  const source = pattern.replace(/[.+^${}()|]/gu, '\\$&').replace(/\*/gu, '[^/]*').replace(/\?/gu, '[^/]');
  return new RegExp(`^${source}$`, 'u');
}

function special(path: string, { place, createdBy }: CopyParams): Error {
  return failure('build/missing-source', `${path} is a FIFO, a socket or a device, which no image layer can hold`, {
    place, why: `${createdBy} names it`, next: 'put an ordinary file there, or take the line away',
  });
}

function absent(path: string, { place, createdBy }: CopyParams): Error {
  return failure('build/missing-source', `${path === '' ? '.' : path} is not in the build context`, {
    place, why: `${createdBy} names it; .dockerignore may leave it out${createdBy.includes('../') ? ', and `..` ends at the context\'s root' : ''}`, next: 'add the file, or take the line away',
  });
}
