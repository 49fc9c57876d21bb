import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { resolveModel } from '../../src/model/resolve.ts';
import type { PoolInvocation, RunnerPool } from '../../src/runtime/pool.ts';
import type { InvokeOutcome } from '../../src/runtime/pool-state.ts';
import type { ServedApi } from '../../src/serve/api.ts';
import type { Notice } from '../../src/serve/served.ts';
import { serve, type Served } from '../../src/serve/serve.ts';
import { apisOfTemplate } from '../../src/serve/template-apis.ts';
import { project } from '../project/temporary-project.ts';
import { testHost } from '../runtime/rig.ts';

/** What a stand-in function makes of an event: its answer, or an outcome of another kind. */
export type Behaviour = (event: Record<string, unknown>, invocation: PoolInvocation) => unknown;

/** An outcome of the handler's own failure. */
export const failing: unique symbol = Symbol('failing');

/** A pool without processes: what stands before it is tested, not what runs in it. */
export function standIn(behave: Behaviour): RunnerPool {
  return {
    name: 'Fn',
    invoke: async (invocation): Promise<InvokeOutcome> => {
      const answer = await behave(JSON.parse(Buffer.from(invocation.payload).toString('utf8')) as Record<string, unknown>, invocation);
      const measured = { requestId: invocation.requestId ?? randomUUID(), logs: '', logBytesDropped: 0, durationMs: 1, billedMs: 1 };
      if (answer === failing) return { ...measured, kind: 'error', errorType: 'ValueError', payload: Buffer.from('{"errorType":"ValueError"}') };
      return { ...measured, kind: 'response', payload: Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer)), contentType: 'application/json', streamed: false };
    },
    replace: () => undefined, warm: () => undefined, close: async () => undefined, subscribe: () => () => undefined,
    settings: () => ({ name: 'Fn', memory: 128, timeout: 3, ephemeralStorage: 512, environment: {}, architecture: 'x86_64' }),
    state: () => ({ condition: 'cold', starting: 0, idle: 0, busy: 0, hasSpare: false, waiting: 0, invocations: 0, errors: 0, throttles: 0, last: undefined, peakMemoryMb: undefined, memory: 128, backend: undefined, remarks: [], generation: 0, failure: undefined, initProblem: undefined, initMs: undefined }),
  };
}

/** The APIs of a template. */
export async function apis(template: string, more: Record<string, string> = {}): Promise<readonly ServedApi[]> {
  return apisOfTemplate(resolveModel(await project({ 'template.yaml': template, 'src/app.py': '', ...more })));
}

/** A template's APIs with every function standing in; closed when the test ends. */
export async function doors(template: string, behave: Behaviour, options: { readonly patience?: number } = {}): Promise<{ served: Served; notices: Notice[]; url: (name: string) => string }> {
  const opened = resolveModel(await project({ 'template.yaml': template, 'src/app.py': '' }));
  const notices: Notice[] = [];
  const functions = new Map(opened.functions.map((fn) => [fn.fullPath, { pool: standIn(behave) }]));
  const served = await serve(testHost(), { port: 0, functions, apis: apisOfTemplate(opened), onNotice: (notice) => notices.push(notice), ...options });
  onTestFinished(() => served.close());
  return { served, notices, url: (name) => served.apis().find((api) => api.name === name)?.url ?? '' };
}
