import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import type { Architecture, Host } from '../base/host.ts';
import { failure } from '../base/fault.ts';
import type { Backend } from './backend.ts';
import { backendOf } from './backend.ts';
import { maxPayload } from './api-protocol.ts';
import { prepareDebugging, type DebugRequest } from './debugging.ts';
import { openCpuShare } from './cpu-share.ts';
import type { FunctionSettings } from './environment.ts';
import { hasNoCredentials, nameEnvironment } from './environment.ts';
import type { ImageArtefact } from './image-function.ts';
import { prepareImage } from './image-function.ts';
import { canMeasureMemory } from './memory-watch.ts';
import type { Parking } from './parking.ts';
import type { Outcome } from './outcome.ts';
import { ExecutionEnvironment } from './worker.ts';
import type { InvokeOptions } from './worker.ts';
import type { ZipArtefact } from './zip-function.ts';
import { prepareZip } from './zip-function.ts';

/** A function to run, and how. */
export interface RunRequest {
  readonly artefact: ImageArtefact | ZipArtefact;
  readonly function: FunctionSettings & { readonly architecture: Architecture };
  /** Absolute: bootstraps, merged Lambda layers and the log file go there; made if absent, left for the caller to remove. */
  readonly workFolder: string;
  /** Absolute path of an interpreter of the runtime's version; not needed for an image under bubblewrap. */
  readonly interpreter?: string | undefined;
  /** Absolute folder with what Lambda's own runtime offers to import. */
  readonly runtimePackages?: string | undefined;
  /** Absolute: where image layers and roots are kept between runs; `runtime` in the cache folder by default. */
  readonly rootsFolder?: string | undefined;
  /** Absent: bubblewrap where it runs, else a plain process. */
  readonly backend?: Backend['kind'] | undefined;
  readonly onLog?: ((chunk: Uint8Array) => void) | undefined;
  /** Milliseconds; 10,000 as on Lambda. */
  readonly initLimit?: number | undefined;
  /** Holds it to the share of the processor that its memory buys on Lambda, where this system can. */
  readonly limitsCpu?: boolean | undefined;
  /** Lets a debugger come to it. */
  readonly debug?: DebugRequest | undefined;
  /** Stops an image's process before it loads the handler; time and log begin when the environment is resumed. */
  readonly parking?: Parking | undefined;
}

/** A running execution environment, and what is different from Lambda in it. */
export interface Runner {
  readonly environment: ExecutionEnvironment;
  readonly backend: Backend['kind'];
  readonly remarks: readonly string[];
  /** Absolute path of the file with all of the function's log. */
  readonly logFile: string;
}

/** One invocation's outcome, with the circumstances it was found under. */
export type InvokeResult = Outcome & Omit<Runner, 'environment'>;

/**
 * Starts an execution environment for a function. Throws `runtime/failed` when this machine cannot run it.
 * The caller stops it: `environment.stop()`.
 */
export async function startFunction(host: Host, request: RunRequest): Promise<Runner> {
  const { artefact, debug } = request;
  const { limitsCpu } = request;
  const settings = { ...request.function, limitsCpu, ...(debug ? { debug: await prepareDebugging(debug) } : {}) };
  refuseForeign(host, settings);
  const backend = await backendOf(host, request.backend);
  await mkdir(request.workFolder, { recursive: true });
  const name = nameEnvironment(host);
  const { workFolder, interpreter, runtimePackages } = request;
  const options = { settings, name, backend, workFolder, interpreter, runtimePackages, parking: request.parking };
  const prepared = artefact.kind === 'zip'
    ? await prepareZip(host, artefact, options)
    : await prepareImage(host, artefact, { ...options, rootsFolder: request.rootsFolder ?? join(host.cacheFolder, 'runtime') });
  const logFile = join(workFolder, 'function.log');
  const share = limitsCpu === true && backend.kind !== 'docker' ? openCpuShare(name.logStream.slice(-32), settings.memory) : undefined;
  const environment = await ExecutionEnvironment.start(host, {
    cpuShare: share !== undefined && 'add' in share ? share : undefined,
    settings,
    name,
    handler: prepared.handler,
    extensionNames: prepared.extensionNames,
    prepare: prepared.processes,
    logFile,
    onLog: request.onLog,
    isParked: request.parking !== undefined,
    // Until a debugger has come, its absence is not the function's slowness.
    initLimit: debug?.mustWait === true ? Number.MAX_SAFE_INTEGER : request.initLimit,
    isPaused: debug?.port.isAttached,
  });
  const remarks = [...prepared.remarks, ...cpuRemarks(limitsCpu === true, share !== undefined && 'why' in share ? share.why : undefined), ...commonRemarks(host, settings, backend)];
  return { environment, backend: backend.kind, remarks, logFile };
}

/**
 * Runs one event through a function in a fresh environment, and shuts that down again.
 * What the function does wrong is an outcome; `runtime/failed` is thrown when it cannot be run at all,
 * `usage` when the event is not JSON or longer than Lambda takes.
 */
export async function invokeFunction(
  host: Host,
  request: RunRequest & { readonly event: Uint8Array; readonly invocation?: InvokeOptions },
): Promise<InvokeResult> {
  checkEvent(request.event);
  const runner = await startFunction(host, request);
  const stop = (): void => void runner.environment.stop();
  host.signal.addEventListener('abort', stop, { once: true });
  // An interruption that came while the runtime was being prepared.
  if (host.signal.aborted) stop();
  try {
    const outcome = await runner.environment.invoke(request.event, request.invocation);
    const { backend, remarks, logFile } = runner;
    return { ...outcome, backend, remarks, logFile };
  } finally {
    host.signal.removeEventListener('abort', stop);
    await runner.environment.stop();
  }
}

/** Refuses what Lambda's Invoke API would refuse: `usage` failures. */
export function checkEvent(event: Uint8Array): void {
  if (event.length > maxPayload) {
    throw failure('usage', `the event has ${event.length} bytes, Lambda takes ${maxPayload}`, {
      next: 'put large inputs into S3 and pass their key',
    });
  }
  try {
    JSON.parse(Buffer.from(event).toString('utf8'));
  } catch (error) {
    throw failure('usage', 'the event is not JSON', {
      why: error instanceof Error ? error.message : String(error),
      next: 'pass a file with one JSON value, or `{}`',
    });
  }
}

function refuseForeign(host: Host, settings: { readonly name: string; readonly architecture: Architecture }): void {
  if (host.os === 'win32') {
    throw failure('runtime/failed', 'functions cannot be run on Windows itself', { next: 'run shear inside WSL' });
  }
  if (settings.architecture === host.arch) return;
  throw failure('runtime/failed', `${settings.name} is built for ${settings.architecture}, this machine is ${host.arch}`, {
    why: 'programs of another architecture need an emulator',
    next: `set Architectures to ${host.arch} for local runs, or invoke it on an ${settings.architecture} machine`,
  });
}

function cpuRemarks(isLimited: boolean, why: string | undefined): readonly string[] {
  const free = 'the processor is not throttled to the share that the memory setting buys on Lambda';
  if (!isLimited) return [free];
  return why === undefined ? [] : [`${free}: ${why}`];
}

function commonRemarks(host: Host, settings: FunctionSettings, backend: Backend): readonly string[] {
  const remarks: string[] = [];
  if (backend.kind === 'process') {
    remarks.push(`plain process (${backend.why}): paths are this machine's, files can be written everywhere, /tmp is shared and unbounded`);
  } else if (backend.kind === 'docker') {
    remarks.push('memory is bounded by the engine, not measured: REPORT says nothing of it');
  } else {
    if (!backend.hasUserNamespace) remarks.push('the function runs under this user\'s own ID: no user namespaces here');
    if (!backend.canSizeTmp) remarks.push('/tmp is not bounded to the ephemeral storage: this bubblewrap cannot');
  }
  if (!canMeasureMemory()) remarks.push('memory is neither measured nor bounded: this system has no /proc');
  if (hasNoCredentials(host, settings)) remarks.push('made-up AWS credentials: none are in the environment');
  return remarks;
}
