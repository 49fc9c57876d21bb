import { randomUUID } from 'node:crypto';
import type { Invocation, Reply } from './api-protocol.ts';
import { accepted, refusal } from './api-protocol.ts';

/** Why an environment shuts down, in the Extensions API's words. */
export type ShutdownReason = 'spindown' | 'timeout' | 'failure';

interface Extension {
  readonly id: string;
  readonly name: string;
  readonly events: readonly string[];
  readonly isExternal: boolean;
  ready: boolean;
  hasBeenReady: boolean;
  waiting: ((reply: Reply) => void) | undefined;
  readonly queue: string[];
}

/** What an extension's call says about it. */
export interface ExtensionCall {
  readonly id: string | undefined;
  readonly errorType: string | undefined;
}

/**
 * The extensions of one environment (Extensions API 2020-01-01):
 *
 *     register ──▶ registered ──event/next──▶ ready ◀──event/next── told
 *                      │                        └──INVOKE, SHUTDOWN──▶┘
 *                      └──init/error, exit/error──▶ failed (the environment ends)
 */
export class Extensions {
  readonly #all = new Map<string, Extension>();
  readonly #external: ReadonlySet<string>;
  readonly #onChange: () => void;
  readonly #onReady: (extension: { readonly name: string; readonly events: readonly string[] }) => void;
  /** Set when an extension reported an error of its own. */
  failure: { readonly name: string; readonly errorType: string } | undefined;

  /** `external` names those that run as processes of their own; `onChange` is told whenever one becomes ready or fails, `onReady` when one asks for its first event. */
  constructor(external: readonly string[], onChange: () => void, onReady: (extension: { readonly name: string; readonly events: readonly string[] }) => void = () => undefined) {
    this.#external = new Set(external);
    this.#onChange = onChange;
    this.#onReady = onReady;
  }

  /** How long they get to shut down, ms: 0 without any, 500 with internal ones only, 2,000 with external ones. */
  get shutdownMs(): number {
    const all = [...this.#all.values()];
    if (all.some((extension) => extension.isExternal)) return 2000;
    return all.length > 0 ? 500 : 0;
  }

  /** True when every external extension registered, and every registered one asked for its first event. */
  get areReady(): boolean {
    const all = [...this.#all.values()];
    const names = new Set(all.map((extension) => extension.name));
    return all.every((extension) => extension.ready) && [...this.#external].every((name) => names.has(name));
  }

  register(name: string | undefined, events: unknown, features: string, about: object): Reply {
    if (name === undefined || name === '') return refusal(400, 'InvalidExtensionName', 'Invalid extension name');
    const isExternal = this.#external.has(name);
    const allowed = isExternal ? ['INVOKE', 'SHUTDOWN'] : ['INVOKE'];
    const wanted = events ?? [];
    if (!Array.isArray(wanted) || !wanted.every((event) => allowed.includes(String(event)))) {
      return refusal(400, 'InvalidEventType', `only ${allowed.join(' and ')} can be registered for by ${name}`);
    }
    if ([...this.#all.values()].some((extension) => extension.name === name)) {
      return refusal(403, 'InvalidStateTransition', `extension ${name} is registered already`);
    }
    if (this.#all.size >= 10) return refusal(400, 'TooManyExtensions', 'Extension limit (10) reached');
    const extension = {
      id: randomUUID(), name, events: wanted.map(String), isExternal, ready: false, hasBeenReady: false, waiting: undefined, queue: [],
    };
    this.#all.set(extension.id, extension);
    const body = features.includes('accountId') ? { ...about, accountId: '012345678912' } : about;
    return { status: 200, headers: { 'Lambda-Extension-Identifier': extension.id }, body: JSON.stringify(body) };
  }

  /** Answers when there is an event for it. */
  next(call: ExtensionCall): Promise<Reply> | Reply {
    const extension = this.#find(call);
    if ('status' in extension) return extension;
    if (!extension.ready && !extension.hasBeenReady) this.#onReady(extension);
    extension.hasBeenReady = true;
    extension.ready = true;
    this.#onChange();
    const queued = extension.queue.shift();
    if (queued !== undefined) return eventReply(queued);
    return new Promise((resolve) => {
      extension.waiting = resolve;
    });
  }

  /** The name of the extension that calls, or the refusal of a stranger. */
  nameOf(call: ExtensionCall): string | Reply {
    const extension = this.#find(call);
    return 'status' in extension ? extension : extension.name;
  }

  /** init/error and exit/error: both end the environment. */
  fail(call: ExtensionCall): Reply {
    const extension = this.#find(call);
    if ('status' in extension) return extension;
    this.failure = { name: extension.name, errorType: call.errorType ?? 'Extension.Unknown' };
    this.#onChange();
    return accepted;
  }

  tellInvoke(invocation: Invocation): void {
    this.#tell('INVOKE', {
      eventType: 'INVOKE',
      deadlineMs: Math.round(invocation.deadline),
      requestId: invocation.requestId,
      invokedFunctionArn: invocation.functionArn,
      tracing: { type: 'X-Amzn-Trace-Id', value: invocation.traceId },
    });
  }

  tellShutdown(shutdownReason: ShutdownReason, deadlineMs: number): void {
    this.#tell('SHUTDOWN', { eventType: 'SHUTDOWN', shutdownReason, deadlineMs: Math.round(deadlineMs) });
  }

  #tell(kind: string, event: object): void {
    const text = JSON.stringify(event);
    for (const extension of this.#all.values()) {
      if (!extension.events.includes(kind)) continue;
      extension.ready = false;
      const waiting = extension.waiting;
      extension.waiting = undefined;
      if (waiting === undefined) extension.queue.push(text);
      else waiting(eventReply(text));
    }
  }

  #find(call: ExtensionCall): Extension | Reply {
    if (call.id === undefined) {
      return refusal(403, 'Extension.MissingHeader', 'Missing Lambda-Extension-Identifier header');
    }
    return this.#all.get(call.id) ?? refusal(403, 'Extension.UnknownExtensionIdentifier', 'Unknown extension identifier');
  }
}

function eventReply(text: string): Reply {
  return { status: 200, headers: { 'Lambda-Extension-Event-Identifier': randomUUID() }, body: text };
}
