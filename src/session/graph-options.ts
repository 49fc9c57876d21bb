import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { isSharedStep } from '../build/steps/step-table.ts';
import type { FileIndex } from '../graph/file-index.ts';
import { listFiles, type FileListing } from '../graph/list-files.ts';
import type { FileSet } from '../graph/node.ts';
import type { RunOptions } from '../graph/run.ts';
import { outputCache, type Store } from '../store/store.ts';
import { dockerignoreFilter } from '../syntax/dockerignore.ts';
import { stepsFor } from './run-steps.ts';

/** What runs the steps of one build of a project. `folder`: absolute. */
export function graphOptions(host: Host, store: Store, { folder, index }: { readonly folder: string; readonly index: FileIndex }): RunOptions {
  const listings = new Map<string, FileListing>();
  const leaveOut = leavingOut(host);
  const list = (files: FileSet): FileListing => {
    const key = JSON.stringify(files);
    const known = listings.get(key);
    if (known) return known;
    const found = listFiles(index, files, dockerignoreFilter);
    listings.set(key, found);
    for (const { path, why } of found.leftOut) leaveOut(path, why);
    return found;
  };
  return {
    cache: outputCache(store, isSharedStep), list, confirm: (listing) => confirmUnchanged(listing, index), emit: host.emit, now: host.now, parallel: 4, signal: host.signal,
    step: stepsFor({ host, store, projectFolder: folder }),
  };
}

/** Special files are left out with a warning, as Docker leaves out sockets; a name that cannot be written down stops the build. */
function leavingOut(host: Host): (path: string, why: 'special' | 'name') => void {
  const told = new Set<string>();
  return (path, why) => {
    if (why === 'name') {
      throw failure('project/not-utf8', `${JSON.stringify(path)} has a name that is not UTF-8`, {
        why: 'image layers and zips hold UTF-8 names alone', next: 'rename it, or leave it out with .dockerignore',
      });
    }
    if (!told.has(path)) host.emit({ kind: 'warning', text: `${path} is a FIFO, a socket or a device and is left out` });
    told.add(path);
  };
}

/** What was hashed and what was packed must be the same bytes: else the store would keep a wrong output under a good key. */
function confirmUnchanged({ files }: FileListing, index: FileIndex): void {
  const changed = files.find((file) => file.kind !== 'folder' && !index.isStill(file.absolute));
  if (!changed) return;
  throw failure('build/failed', `${changed.absolute} changed while the build ran`, {
    why: 'a half-written file must not end in an artefact', next: 'run the same command again when nothing writes to the project',
  });
}
