import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../base/host.ts';
import type { Backend } from './backend.ts';
import type { RunRequest } from './invoke.ts';
import type { InitEnd } from './life.ts';
import { startFunction } from './invoke.ts';
import type { Outcome } from './outcome.ts';
import type { InvokeOptions } from './worker.ts';

/** One runner of a pool. */
export interface PooledRunner {
  readonly backend: Backend['kind'];
  readonly remarks: readonly string[];
  readonly isReady: () => boolean;
  /** How its initialisation ended; undefined when it was stopped before. */
  readonly initialised: Promise<InitEnd | undefined>;
  readonly invoke: (invocation: PooledInvocation) => Promise<Outcome>;
  /** For one that was started with a parking: it waits, or goes on. */
  readonly park: () => void;
  readonly resume: () => void;
  /** Ends it, and removes its files. */
  readonly stop: () => Promise<void>;
  /** Which code it runs: the pool's count of replacements at its start. */
  generation: number;
  /** It gets no more events. */
  isRetired: boolean;
}

/** What a runner needs of an invocation. */
export interface PooledInvocation extends InvokeOptions {
  readonly payload: Uint8Array;
  readonly requestId: string;
  readonly onLog?: ((chunk: Uint8Array) => void) | undefined;
}

/** Gets a runner's log; `requestId` is absent outside of invocations. */
export type RunnerLog = (chunk: Uint8Array, requestId: string | undefined) => void;

/** Starts a runner in a folder of its own below the pool's; `number` is different for each. Throws as `startFunction` does. */
export async function startRunner(
  host: Host,
  request: RunRequest,
  number: number,
  onLog: RunnerLog,
): Promise<PooledRunner> {
  const workFolder = join(request.workFolder, `${request.function.name}-${number}`);
  let current: PooledInvocation | undefined;
  let isReady = false;
  const tell = (chunk: Uint8Array): void => {
    current?.onLog?.(chunk);
    onLog(chunk, current?.requestId);
  };
  const removeFiles = async (): Promise<void> => {
    await request.parking?.remove();
    await rm(workFolder, { recursive: true, force: true });
  };
  const started = startFunction(host, { ...request, workFolder, onLog: tell });
  const { environment, backend, remarks } = await started.catch(async (error: unknown) => {
    await removeFiles();
    throw error;
  });
  const initialised = environment.initialised().then((end) => {
    isReady = true;
    return end;
  });
  return {
    backend, remarks, initialised, generation: 0, isRetired: false,
    isReady: () => isReady,
    park: () => environment.park(),
    resume: () => environment.resume(),
    invoke: async (invocation) => {
      current = invocation;
      try {
        return await environment.invoke(invocation.payload, invocation);
      } finally {
        current = undefined;
      }
    },
    stop: async () => {
      await environment.stop();
      await removeFiles();
    },
  };
}
