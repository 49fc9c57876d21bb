import type { Invocation } from './api-protocol.ts';
import type { Telemetry } from './api-telemetry.ts';
import type { Verdict } from './verdict.ts';

/** An invocation's trace as telemetry events have it. */
export function tracingOf({ traceId }: Pick<Invocation, 'traceId'>): { readonly type: string; readonly value: string; readonly spanId: string } {
  return { type: 'X-Amzn-Trace-Id', value: traceId, spanId: /Parent=([^;]+)/u.exec(traceId)?.[1] ?? '' };
}

interface End {
  readonly invocation: Invocation;
  readonly verdict: Verdict;
  readonly durationMs: number;
  readonly billedMs: number;
  /** Mebibytes. */
  readonly memory: number;
  readonly maxMemoryMb: number | undefined;
  readonly initMs: number | undefined;
}

/** Tells of an invocation's end and of what it took; `platform.end` is what the Logs API has besides. */
export function tellEnd(telemetry: Telemetry, { invocation, verdict, durationMs, billedMs, memory, maxMemoryMb, initMs }: End): void {
  const { requestId } = invocation;
  const status = statusOf(verdict);
  const common = { requestId, status, ...(verdict.errorType === undefined ? {} : { errorType: verdict.errorType }), tracing: tracingOf(invocation) };
  const producedBytes = verdict.ending.kind === 'response' ? verdict.payload.length : 0;
  telemetry.emit('platform.runtimeDone', { ...common, metrics: { durationMs, producedBytes } });
  telemetry.emit('platform.end', { requestId });
  telemetry.emit('platform.report', {
    ...common,
    metrics: {
      durationMs, billedDurationMs: billedMs, memorySizeMB: memory,
      ...(maxMemoryMb === undefined ? {} : { maxMemoryUsedMB: maxMemoryMb }), ...(initMs === undefined ? {} : { initDurationMs: initMs }),
    },
  });
}

/** The schema's words: what the handler raised is an error, a runtime that ended a failure. */
function statusOf({ ending }: Verdict): 'success' | 'error' | 'failure' | 'timeout' {
  if (ending.kind === 'response') return 'success';
  if (ending.kind === 'timeout') return 'timeout';
  return ending.kind === 'error' ? 'error' : 'failure';
}
