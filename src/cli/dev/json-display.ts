import { shownFault } from '../../report/fault-text.ts';
import type { DevEvent } from '../../session/dev/events.ts';
import type { DevDisplay } from './display.ts';

/** One JSON document a line; fields may be added, never changed. */
export function createJsonDisplay(print: (line: string) => void): DevDisplay {
  return {
    show: (event) => {
      const document = documentOf(event);
      if (document) print(JSON.stringify({ schema: 1, ...document }));
    },
    close: () => undefined,
  };
}

function documentOf(event: DevEvent): Readonly<Record<string, unknown>> | undefined {
  switch (event.kind) {
    case 'building':
      return { kind: 'building', changed: event.changed };
    case 'built':
      return { kind: 'built', ms: event.ms, functions: event.build.report.functions };
    case 'failed':
      return { kind: 'failed', error: shownFault(event.fault) };
    case 'polling':
      return { kind: 'polling', why: event.why };
    case 'serving':
      return {
        kind: 'serving', url: event.url, apis: event.apis, functions: event.functions, replaced: event.replaced, stale: [...event.stale],
        unrunnable: Object.fromEntries([...event.unrunnable].map(([name, fault]) => [name, shownFault(fault)])),
      };
    case 'notice':
      return { kind: 'notice', function: event.name, text: event.text };
    case 'pool':
      return poolDocument(event);
  }
}

function poolDocument({ name, event, state }: Extract<DevEvent, { readonly kind: 'pool' }>): Readonly<Record<string, unknown>> {
  const head = { kind: event.kind, function: name };
  switch (event.kind) {
    case 'log':
      return { ...head, requestId: event.requestId, text: Buffer.from(event.chunk).toString('utf8') };
    case 'begun':
      return { ...head, requestId: event.requestId };
    case 'finished': {
      const { requestId, kind } = event.outcome;
      if (event.outcome.kind === 'throttled') return { ...head, requestId, outcome: kind };
      const { durationMs, initMs, initAheadMs, maxMemoryMb } = event.outcome;
      return { ...head, requestId, outcome: kind, durationMs, initMs, initAheadMs, maxMemoryMb, ...(event.outcome.kind === 'response' ? {} : { errorType: event.outcome.errorType }) };
    }
    case 'state':
      return { ...head, condition: state?.condition, idle: state?.idle, busy: state?.busy, waiting: state?.waiting, problem: state?.failure ?? state?.initProblem };
  }
}
