import { Failure, type Fault } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import { inWorkFolder } from '../work-folder.ts';
import type { Backend } from '../../runtime/backend.ts';
import type { RunnerPool } from '../../runtime/pool.ts';
import { serve, type Served } from '../../serve/serve.ts';
import { apisOfTemplate } from '../../serve/template-apis.ts';
import type { Model } from '../../model/function.ts';
import type { BuildOptions } from '../build.ts';
import type { GivenVariables } from '../runnable.ts';
import { createDevBuilder, type DevBuild } from './builder.ts';
import { debugged, type DevDebug } from './debugged.ts';
import { asOnlyDev, tellPort } from './dev-lock.ts';
import type { DevEvent } from './events.ts';
import { startLoop, type LoopEvent } from './loop.ts';
import { createPools, type Pools } from './pools.ts';

/** What `shear dev` was asked for. */
export interface DevOptions {
  readonly build: BuildOptions;
  /** 0 takes any free one. */
  readonly port: number;
  /** Ends when everything is built and every function has started, or has failed to. */
  readonly isOnce: boolean;
  readonly backend: Backend['kind'] | undefined;
  readonly limitsCpu?: boolean | undefined;
  readonly variables: GivenVariables | undefined;
  /** A function that a debugger may come to. */
  readonly debug?: DevDebug | undefined;
  readonly onEvent: (event: DevEvent) => void;
}

/** With no more functions than this all are started at once; with more, each with its first event. */
const fewFunctions = 4;

/** Builds, serves and runs a project until it is interrupted. False when it was to end by itself and something failed. */
export async function dev(host: Host, options: DevOptions): Promise<boolean> {
  return await asOnlyDev(host, options.build.folder, async () => {
    return await inWorkFolder('dev', async (workFolder) => await runIn(host, options, workFolder));
  });
}

async function runIn(host: Host, options: DevOptions, workFolder: string): Promise<boolean> {
  const { folder } = options.build;
  const { onEvent } = options;
  let settled = (): Promise<void> => Promise.resolve();
  const debug = options.debug && (await debugged(host, options.build, options.debug));
  const pools = createPools(host, { workFolder, debug, backend: options.backend, limitsCpu: options.limitsCpu, settled: async () => await settled(), onPoolEvent: (name, event) => onEvent({ kind: 'pool', name, event, state: pools.all().get(name)?.pool.state() }) });
  const doors = await serve(host, { port: options.port, ready: async () => await settled(), functions: new Map(), apis: [], onNotice: ({ functionName, text }) => onEvent({ kind: 'notice', name: functionName, text }) });
  try {
    tellPort(folder, Number(new URL(doors.url).port));
    const onFunctions = async (functions: DevBuild['functions'], model: Model, isAll: boolean): Promise<void> => {
      await pools.update(functions, model, isAll);
      if (isAll) await doors.update({ functions: pools.atDoors(), apis: apisOfTemplate(model) });
    };
    let hasBuilt = false;
    let refused: Fault | undefined;
    const loop = startLoop(host, {
      folder, builder: createDevBuilder(host, options.build, options.variables), onFunctions,
      onEvent: (event) => {
        hasBuilt ||= event.kind === 'built';
        // Nothing that is saved will mend the command line.
        if (event.kind === 'failed' && !hasBuilt && isMistyped(event.fault)) refused ??= event.fault;
        else tell(event, { pools, doors, onEvent });
      },
    });
    ({ settled } = loop);
    try {
      await Promise.race([loop.settled(), loop.ended]);
      if (refused !== undefined) throw new Failure(refused);
      if (options.isOnce) return !loop.hasFailed() && (await allStart(pools, host.signal));
      await Promise.race([loop.ended, aborted(host.signal)]);
      return true;
    } finally {
      await loop.close();
    }
  } finally {
    await Promise.all([pools.close(), doors.close(), debug?.request.port.close()]);
  }
}

/** Whether the first build failed for what was typed: a name that the template does not have, a folder without a template. */
function isMistyped({ code }: Fault): boolean {
  return code === 'usage' || code === 'project/not-found';
}

interface Telling {
  readonly pools: Pools;
  readonly doors: Served;
  readonly onEvent: (event: DevEvent) => void;
}

/** What the loop tells, with what the functions make of it. */
function tell(event: LoopEvent, { pools, doors, onEvent }: Telling): void {
  onEvent(event);
  if (event.kind !== 'built') return;
  const all = pools.all();
  onEvent({ kind: 'serving', url: doors.url, apis: doors.apis(), functions: [...all.keys()], unrunnable: pools.unrunnable(), stale: pools.stale(), replaced: pools.takeReplaced() });
  if (all.size <= fewFunctions) for (const { pool } of all.values()) pool.warm();
}

/** Starts one runner of each function, one after another, and tells whether all came up. */
async function allStart(pools: Pools, signal: AbortSignal): Promise<boolean> {
  let isWell = pools.unrunnable().size === 0;
  for (const { pool } of pools.all().values()) {
    await started(pool, signal);
    const { condition, initProblem } = pool.state();
    isWell &&= condition === 'warm' && initProblem === undefined;
  }
  return isWell;
}

async function started(pool: RunnerPool, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    let unsubscribe = (): void => undefined;
    const end = (): void => {
      unsubscribe();
      resolve();
    };
    const look = (): void => {
      if (!['cold', 'starting'].includes(pool.state().condition)) end();
    };
    unsubscribe = pool.subscribe((event) => void (event.kind === 'state' && look()));
    signal.addEventListener('abort', end, { once: true });
    pool.warm();
    look();
  });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
