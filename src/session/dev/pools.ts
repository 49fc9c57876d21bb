import type { Host } from '../../base/host.ts';
import type { Fault } from '../../base/fault.ts';
import type { Backend } from '../../runtime/backend.ts';
import type { DebugRequest } from '../../runtime/debugging.ts';
import { createPool, type PoolSpec, type RunnerPool } from '../../runtime/pool.ts';
import { createSpareBudget } from '../../runtime/spare-keeper.ts';
import type { PoolEvent } from '../../runtime/pool-state.ts';
import { settingsAtDoors, type FunctionAtDoors } from '../../serve/function-settings.ts';
import type { ServedFunction } from '../../serve/served.ts';
import type { Model } from '../../model/function.ts';
import type { DevBuild } from './builder.ts';
import type { RunnableFunction } from './functions.ts';
import { refusingPool } from './refusing-pool.ts';

/** How functions are run. */
export interface PoolsOptions {
  /** Absolute; for what runners need on disk. */
  readonly workFolder: string;
  readonly backend: Backend['kind'] | undefined;
  readonly limitsCpu?: boolean | undefined;
  /** An invocation waits for this first: for what was saved before it. */
  readonly settled: () => Promise<void>;
  readonly onPoolEvent: (name: string, event: PoolEvent) => void;
  /** A function that a debugger comes to; it gets one runner alone, so that there is one process to look at. */
  readonly debug?: { readonly name: string; readonly request: DebugRequest } | undefined;
}

/** The pools of a project's functions. */
export interface Pools {
  /** Brings them to what is given: only a function of which something changed gets new runners. `isAll`: others are no more. */
  readonly update: (functions: DevBuild['functions'], model: Model, isAll: boolean) => Promise<void>;
  /** By full path, with what the template says of them at the doors. */
  readonly all: () => ReadonlyMap<string, ServedFunction>;
  /** Why functions cannot be run here, by full path. */
  readonly unrunnable: () => ReadonlyMap<string, Fault>;
  /** Of these, those that go on with what the last good build made of them. */
  readonly stale: () => ReadonlySet<string>;
  /** All of them: an invocation of one that cannot be run is refused with the reason. */
  readonly atDoors: () => ReadonlyMap<string, ServedFunction>;
  /** Names of those that got new code or configuration since the last call. */
  readonly takeReplaced: () => readonly string[];
  readonly close: () => Promise<void>;
}

interface Entry {
  readonly pool: RunnerPool;
  readonly served: RunnerPool;
  key: string;
  atDoors: FunctionAtDoors;
}

/** Starts with none. */
export function createPools(host: Host, options: PoolsOptions): Pools {
  const entries = new Map<string, Entry>();
  const spares = createSpareBudget();
  let refusing: Refusing = new Map();
  let unrunnable: ReadonlyMap<string, Fault> = new Map();
  let replaced = new Set<string>();
  const specOf = ({ name, run }: RunnableFunction, reserved: number | undefined): PoolSpec => {
    const debug = options.debug?.name === name ? options.debug.request : undefined;
    return { request: { ...run, workFolder: options.workFolder, backend: options.backend, limitsCpu: options.limitsCpu, debug }, reserved, spares, ...(debug ? { most: 1 } : {}) };
  };
  const take = (fn: RunnableFunction, atDoors: FunctionAtDoors): void => {
    const known = entries.get(fn.name);
    const key = `${fn.key} ${atDoors.reserved}`;
    if (known) known.atDoors = atDoors;
    if (known?.key === key) return;
    replaced.add(fn.name);
    if (known) {
      known.key = key;
      known.pool.replace(specOf(fn, atDoors.reserved));
      return;
    }
    const pool = createPool(host, specOf(fn, atDoors.reserved));
    pool.subscribe((event) => options.onPoolEvent(fn.name, event));
    entries.set(fn.name, { pool, served: afterSettling(pool, options.settled), key, atDoors });
  };
  const served = (): ReadonlyMap<string, ServedFunction> => new Map([...entries].map(([name, one]) => [name, { ...one.atDoors, pool: one.served }]));
  return {
    update: async (functions, model, isAll) => {
      const settings = new Map(model.functions.map((fn) => [fn.fullPath, settingsAtDoors(fn)]));
      for (const fn of functions) if (fn.kind === 'runnable') take(fn, settings.get(fn.name) ?? { reserved: undefined });
      if (!isAll) return;
      unrunnable = new Map(functions.flatMap((fn) => (fn.kind === 'runnable' ? [] : [[fn.name, fn.why] as const])));
      const names = new Set(functions.flatMap((fn) => (fn.kind === 'unrunnable' ? [] : [fn.name])));
      refusing = refusingOf([...unrunnable].filter(([name]) => !entries.has(name) || !names.has(name)), model, { before: refusing, settings });
      const gone = [...entries].filter(([name]) => !names.has(name));
      for (const [name] of gone) entries.delete(name);
      await Promise.all(gone.map(async ([, { pool }]) => await pool.close()));
    },
    all: served,
    unrunnable: () => unrunnable,
    stale: () => new Set([...unrunnable.keys()].filter((name) => entries.has(name))),
    atDoors: () => new Map([...served(), ...[...refusing].map(([name, { fn }]) => [name, fn] as const)]),
    takeReplaced: () => {
      const names = [...replaced];
      replaced = new Set();
      return names;
    },
    close: async () => {
      await Promise.all([...entries.values()].map(async ({ pool }) => await pool.close()));
    },
  };
}

type Refusing = ReadonlyMap<string, { readonly why: Fault; readonly fn: ServedFunction }>;

/** One for each function that has nothing to run; it stays as long as its reason does. */
function refusingOf(reasons: readonly (readonly [string, Fault])[], { functions }: Model, { before, settings }: { readonly before: Refusing; readonly settings: ReadonlyMap<string, FunctionAtDoors> }): Refusing {
  return new Map(reasons.flatMap(([name, why]) => {
    const known = before.get(name);
    const fn = functions.find((one) => one.fullPath === name);
    if (known && JSON.stringify(known.why) === JSON.stringify(why)) return [[name, known] as const];
    return fn ? [[name, { why, fn: { ...(settings.get(name) ?? { reserved: undefined }), pool: refusingPool(fn, why) } }] as const] : [];
  }));
}

function afterSettling(pool: RunnerPool, settled: () => Promise<void>): RunnerPool {
  const { name, replace, warm, state, settings, subscribe, close } = pool;
  return {
    name, replace, warm, state, settings, subscribe, close,
    invoke: async (invocation) => {
      await settled();
      return await pool.invoke(invocation);
    },
  };
}
