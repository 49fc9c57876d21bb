import { existsSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Failure, type Fault } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import type { Model } from '../../model/function.ts';
import { silentDisk } from '../../watch/silent-disk.ts';
import { startWatcher, type Changes, type WatchTarget } from '../../watch/watcher.ts';
import type { WatchFolder } from '../../watch/folder-watch.ts';
import type { DevBuild, DevBuilder } from './builder.ts';
import { createGate } from './gate.ts';
import type { BuildInputs } from './watched.ts';
import { snapshotOf, watchEverything, watchInputs } from './watched.ts';

/** What the loop tells while it goes round. */
export type LoopEvent =
  /** `changed`: paths relative to the project, empty for the first build. */
  | { readonly kind: 'building'; readonly changed: readonly string[] }
  | { readonly kind: 'built'; readonly build: DevBuild; readonly ms: number }
  /** The last good build stays in use. */
  | { readonly kind: 'failed'; readonly fault: Fault }
  | { readonly kind: 'polling'; readonly why: string };

/** What the loop works with. */
export interface LoopOptions {
  /** Absolute project folder. */
  readonly folder: string;
  readonly builder: DevBuilder;
  readonly onEvent: (event: LoopEvent) => void;
  /** Gets functions to run as soon as they can; resolves when they have been handed over. */
  readonly onFunctions: (functions: DevBuild['functions'], model: Model, isAll: boolean) => Promise<void>;
  readonly watchFolder?: WatchFolder;
}

/** Building whatever changes. */
export interface DevLoop {
  /** Resolves when what was saved until now is built and handed over, or has failed to. */
  readonly settled: () => Promise<void>;
  /** Whether the last build failed. */
  readonly hasFailed: () => boolean;
  /** Rejects when something happens that no build should do. */
  readonly ended: Promise<void>;
  /** Waits for the build under way. */
  readonly close: () => Promise<void>;
}

/**
 * Builds at once, then with every change of what the last good build looked at. While builds fail, with every change in the project:
 * what is wrong may be anywhere in it.
 *
 *     build ──▶ watch what it looked at ──▶ compare ──equal──▶ wait for a change ──▶ compare ──different──▶ build
 */
export function startLoop(host: Host, options: LoopOptions): DevLoop {
  const { folder, builder, onEvent } = options;
  const gate = createGate();
  const watcher = startWatcher({
    isRecursive: host.os !== 'linux',
    noEvents: host.os === 'linux' ? silentDisk(folder) : undefined,
    onPolling: (why) => onEvent({ kind: 'polling', why }),
    onStir: gate.shut,
    ...(options.watchFolder ? { watchFolder: options.watchFolder } : {}),
  });
  let target: WatchTarget | undefined;
  let hasFailed = false;
  /** Whether the last build left functions out: what is wrong with them may be anywhere too. */
  let isPartial = false;
  let failedWith: string | undefined;
  const build = async (changed: readonly string[]): Promise<void> => {
    const start = host.now();
    onEvent({ kind: 'building', changed });
    const snapshot = watcher.isPolling() ? snapshotOf(folder) : undefined;
    try {
      let early: Promise<void> | undefined;
      const built = await builder.build((functions, model) => {
        early = options.onFunctions(functions, model, false);
        early.catch(() => undefined);
      });
      await early;
      isPartial = built.functions.some((fn) => fn.kind === 'unbuilt');
      if (isPartial) {
        failedWith = snapshot;
        hasFailed = false;
        // As below: what was half-written is built again at once.
        await heard();
        if (watcher.isStirred()) return;
      }
      await options.onFunctions(built.functions, built.model, true);
      hasFailed = false;
      onEvent({ kind: 'built', build: built, ms: host.now() - start });
    } catch (error) {
      if (host.signal.aborted) return;
      if (!(error instanceof Failure)) throw error;
      hasFailed = true;
      failedWith = snapshot;
      // What is being written while it is read fails for that; the events of it come right behind.
      await heard();
      if (!watcher.isStirred() && !host.signal.aborted) onEvent({ kind: 'failed', fault: error.fault });
    }
  };
  /** True when what is watched from now on is as the build saw it. */
  const aim = (): boolean => {
    const inputs = builder.inputs();
    if (inputs && !hasFailed) target = watchInputs(inputs, folder);
    const { folders, isOfInterest } = hasFailed || isPartial || !target ? watchEverything(folder, target) : target;
    // The project folder's own coming and going is its parent's to tell; where one watch takes a whole tree, that would be too much.
    const isNew = watcher.aim({ isOfInterest, folders: host.os === 'linux' ? [...folders, dirname(folder)] : folders });
    return hasFailed || !isNew || !builder.isChanged('anything');
  };
  const run = async (): Promise<void> => {
    for (let changed: readonly string[] = []; ; ) {
      await build(changed);
      if (host.signal.aborted) return;
      while (aim()) {
        if (!watcher.isStirred()) gate.open();
        const changes = await watcher.next();
        if (changes === undefined) return;
        gate.shut();
        changed = shown(changes, folder, builder.inputs());
        if (hasFailed || isPartial ? changes !== 'anything' || snapshotOf(folder) !== failedWith : builder.isChanged(changes)) break;
      }
    }
  };
  const ended = run().finally(() => {
    watcher.close();
    gate.open();
  });
  return {
    ended,
    // What the system has told by now is heard first: a file saved before this call shuts the gate.
    settled: async () => {
      await heard();
      await gate.passed();
    },
    hasFailed: () => hasFailed,
    close: async () => {
      watcher.close();
      await ended.catch(() => undefined);
    },
  };
}

/** After this the process has been told of all that happened before: between two immediates it asks the system once. */
async function heard(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

/** Paths as a user knows them; what an editor made and removed in between is left out. */
function shown(changes: Changes, folder: string, inputs: BuildInputs | undefined): readonly string[] {
  if (changes === 'anything') return [];
  const real = [...changes].filter((path) => existsSync(path) || (inputs && (path in inputs.index.files || path in inputs.index.folders)));
  return (real.length > 0 ? real : [...changes]).map((path) => relative(folder, path).split(sep).join('/'));
}
