import type { Reply } from './api-protocol.ts';
import { refusal } from './api-protocol.ts';
import { openTelemetrySink, type SinkOptions, type TelemetrySink } from './telemetry-sink.ts';

/** What an extension can subscribe to. */
export type TelemetryType = 'platform' | 'function' | 'extension';

interface TelemetryEvent {
  readonly time: string;
  readonly type: string;
  readonly record: unknown;
}

interface Subscription {
  readonly kind: 'telemetry' | 'logs';
  readonly types: ReadonlySet<string>;
  readonly sink: TelemetrySink;
}

/** Events that came before the first subscription are kept up to this count: the initialisation is told to those who subscribe in it. */
const mostKept = 1000;
/** The Logs API has no events of the initialisation. */
const ofLogs: ReadonlySet<string> = new Set(['platform.start', 'platform.runtimeDone', 'platform.report', 'platform.end', 'platform.extension', 'function', 'extension']);
/** What the newer API has no more. */
const onlyLogs: ReadonlySet<string> = new Set(['platform.end']);
const versions = { telemetry: ['2022-07-01', '2022-12-13', '2025-01-29'], logs: ['2020-08-15', '2021-03-18'] } as const;

/**
 * The Telemetry API (2022-07-01) and the older Logs API (2020-08-15) of one environment: extensions subscribe while it initialises, and
 * get events in batches at the address that they name (Lambda developer guide, "Lambda Telemetry API reference" and its event schema).
 */
export class Telemetry {
  readonly #now: () => number;
  #subscriptions: Subscription[] = [];
  #early: TelemetryEvent[] = [];
  #isOpen = true;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Answers a subscription request: 200 "OK", 400 for one that is not valid, 403 when the initialisation is over. */
  subscribe(kind: Subscription['kind'], extension: string, body: Uint8Array): Reply {
    const name = kind === 'logs' ? 'Logs' : 'Telemetry';
    if (!this.#isOpen) return refusal(403, `${name}.SubscriptionClosed`, `${name} API subscription is closed already`);
    const wish = readWish(kind, body);
    if ('wrong' in wish) return refusal(400, 'ValidationError', wish.wrong.join('; '));
    const subscription: Subscription = { kind, types: new Set(wish.types), sink: openTelemetrySink(wish) };
    this.#subscriptions.push(subscription);
    this.emit(`platform.${kind === 'logs' ? 'logsSubscription' : 'telemetrySubscription'}`, { name: extension, state: 'Subscribed', types: wish.types }, true);
    for (const event of this.#early) give(subscription, event);
    return { status: 200, body: '"OK"' };
  }

  /** @param isOfSubscription both APIs have it, each under its own name. */
  emit(type: string, record: unknown, isOfSubscription = false): void {
    const event = { time: new Date(this.#now()).toISOString(), type, record };
    if (this.#isOpen && !isOfSubscription && this.#early.length < mostKept) this.#early.push(event);
    for (const subscription of this.#subscriptions) give(subscription, event, isOfSubscription);
  }

  /** What a process wrote, a record for each line. */
  write(type: 'function' | 'extension', chunk: Uint8Array): void {
    if (this.#subscriptions.length === 0 && !this.#isOpen) return;
    for (const line of Buffer.from(chunk).toString('utf8').match(/[^\n]*\n|[^\n]+$/gu) ?? []) this.emit(type, line);
  }

  /** The initialisation is over: no more subscriptions. */
  close(): void {
    this.#isOpen = false;
    this.#early = [];
  }

  /** Sends what waits, and resolves when it has arrived or failed to. */
  async flush(): Promise<void> {
    await Promise.all(this.#subscriptions.map(({ sink }) => sink.flush()));
  }

  async end(): Promise<void> {
    const all = this.#subscriptions;
    this.#subscriptions = [];
    await Promise.all(all.map(({ sink }) => sink.close()));
  }
}

function give({ kind, types, sink }: Subscription, event: TelemetryEvent, isOfSubscription = false): void {
  const isWanted = types.has(event.type.split('.')[0] ?? '');
  const isKnown = isOfSubscription ? event.type.includes(kind) : kind === 'logs' ? ofLogs.has(event.type) : !onlyLogs.has(event.type);
  if (isWanted && isKnown) sink.add(JSON.stringify(event));
}

interface Wish extends SinkOptions {
  readonly types: readonly TelemetryType[];
}

function readWish(kind: Subscription['kind'], body: Uint8Array): Wish | { readonly wrong: readonly string[] } {
  let given: Record<string, unknown>;
  try {
    given = JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, unknown>;
  } catch {
    return { wrong: ['the request is not JSON'] };
  }
  const wrong: string[] = [];
  const version = given['schemaVersion'] ?? (kind === 'logs' ? '2020-08-15' : undefined);
  if (!versions[kind].some((one) => one === version)) wrong.push(`schemaVersion should be one of ${versions[kind].join(', ')}`);
  const types = Array.isArray(given['types']) ? given['types'].map(String) : [];
  if (types.length === 0) wrong.push('types should not be empty');
  if (types.some((type) => !isType(type))) wrong.push('types should be of platform, function and extension');
  const destination = (given['destination'] ?? {}) as Readonly<Record<string, unknown>>;
  const protocol = destination['protocol'] === 'TCP' ? 'TCP' : 'HTTP';
  const address = protocol === 'TCP' ? `tcp://sandbox.localdomain:${String(destination['port'] ?? '')}` : destination['URI'];
  const uri = typeof address === 'string' && URL.canParse(address) ? new URL(address) : undefined;
  if (!uri || !['sandbox.localdomain', 'sandbox'].includes(uri.hostname)) wrong.push('URI should be at sandbox.localdomain');
  else if (uri.port === '') wrong.push('URI port is not provided');
  const buffering = (given['buffering'] ?? {}) as Readonly<Record<string, unknown>>;
  const bounded = (name: string, [least, most, usual]: readonly [number, number, number]): number => {
    const value = Number(buffering[name] ?? usual);
    if (!(value >= least && value <= most)) wrong.push(`${name} should be between ${least} and ${most}`);
    return value;
  };
  const limits = { maxItems: bounded('maxItems', [1000, 10_000, 1000]), maxBytes: bounded('maxBytes', [262_144, 1_048_576, 262_144]), timeoutMs: bounded('timeoutMs', [25, 30_000, 1000]) };
  if (!uri || wrong.length > 0) return { wrong };
  return { types: types.filter(isType), protocol, port: Number(uri.port), path: `${uri.pathname}${uri.search}`, ...limits };
}

function isType(type: string): type is TelemetryType {
  return type === 'platform' || type === 'function' || type === 'extension';
}
