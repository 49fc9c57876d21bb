import { join } from 'node:path';
import type { Host } from '../base/host.ts';
import { pruneRoots, type PruneRootsReport } from '../runtime/prune-roots.ts';
import { prune, type PruneReport } from '../store/prune.ts';
import { openStore } from '../store/store.ts';

/** How much of the cache folder may stay. */
export interface PruneCacheOptions {
  /** Of the store and of unpacked images together, bytes. */
  readonly maxBytes: number | undefined;
  readonly maxAgeMs: number | undefined;
}

/** Prunes the store, and the images that are unpacked to run: with too little room for both these go first, since the store makes them again. */
export function pruneCache(host: Host, { maxBytes, maxAgeMs }: PruneCacheOptions): PruneReport & { readonly runtime: PruneRootsReport } {
  const store = openStore(join(host.cacheFolder, 'store'), host.now);
  const report = prune(store, { ...(maxBytes === undefined ? {} : { maxBytes }), ...(maxAgeMs === undefined ? {} : { maxAgeMs }) });
  const room = maxBytes === undefined ? undefined : Math.max(0, maxBytes - report.kept);
  return { ...report, runtime: pruneRoots(join(host.cacheFolder, 'runtime'), { maxBytes: room, maxAgeMs, now: host.now() }) };
}
