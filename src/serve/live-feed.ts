import type { ServerResponse } from 'node:http';
import type { History } from './history.ts';

/** Server-sent events of what happens, for pages that are open. */
export interface LiveFeed {
  readonly open: (response: ServerResponse) => void;
  readonly changed: () => void;
  readonly close: () => void;
}

/** Milliseconds for which news are gathered before they are sent. */
const beat = 100;
/** Characters of log that one beat carries for one invocation; what is more is left out, the newest stays. */
const mostLog = 16 * 1024;
/** Bytes that may wait for a slow reader; past them it gets no more log. */
const mostWaiting = 1024 * 1024;

interface Batch {
  readonly logs: Map<string, { readonly requestId: string | undefined; readonly functionName: string; text: string; dropped: number }>;
  readonly entries: Map<string, object>;
  readonly notices: object[];
  hasNewState: boolean;
}

/**
 * Gathers what the history tells and sends it in beats, so that a function that floods its log, or thousands of invocations, cost
 * the page no more than it can show. Without open pages nothing is gathered. `overview`: functions and addresses, with all invocations for
 * who comes new.
 */
export function createLiveFeed(history: History, overview: (isFirst: boolean) => object): LiveFeed {
  const readers = new Set<ServerResponse>();
  let batch = emptyBatch();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    const { logs, entries, notices, hasNewState } = batch;
    batch = emptyBatch();
    const news = { ...(hasNewState ? { overview: overview(false) } : {}), entries: [...entries.values()], notices };
    const light = eventText('news', news);
    const heavy = logs.size === 0 ? '' : eventText('log', [...logs.values()]);
    for (const reader of readers) {
      reader.write(light);
      if (heavy !== '' && reader.writableLength < mostWaiting) reader.write(heavy);
    }
  };
  const soon = (): void => {
    timer ??= setTimeout(flush, beat);
  };
  const unsubscribe = history.subscribe((event) => {
    if (readers.size === 0) return;
    if (event.kind === 'notice') batch.notices.push(event.notice);
    if (event.kind === 'invocation') batch.entries.set(event.entry.requestId, event.entry);
    if (event.kind === 'state') batch.hasNewState = true;
    if (event.kind === 'log') {
      const key = `${event.functionName} ${event.requestId ?? ''}`;
      const log = batch.logs.get(key) ?? { requestId: event.requestId, functionName: event.functionName, text: '', dropped: 0 };
      const text = log.text + event.text;
      log.text = text.slice(-mostLog);
      log.dropped += text.length - log.text.length;
      batch.logs.set(key, log);
    }
    soon();
  });
  return {
    open: (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(eventText('news', { overview: overview(true), entries: [], notices: [] }));
      readers.add(response);
      response.once('close', () => readers.delete(response));
    },
    changed: () => {
      batch.hasNewState = true;
      if (readers.size > 0) soon();
    },
    close: () => {
      unsubscribe();
      clearTimeout(timer);
      for (const reader of readers) reader.end();
    },
  };
}

function emptyBatch(): Batch {
  return { logs: new Map(), entries: new Map(), notices: [], hasNewState: false };
}

function eventText(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
