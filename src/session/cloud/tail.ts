import { Failure } from '../../base/fault.ts';
import type { AwsClient } from '../../aws/client.ts';
import { filterLogEvents, groupArns, liveTail, type LogLine } from '../../aws/logs.ts';
import type { Wait } from '../../registry/transport.ts';

/** A line of a function's log. */
export interface TailedLine {
  /** The function, as the project calls it. */
  readonly name: string;
  readonly time: number;
  readonly text: string;
}

/** How logs are followed. */
export interface TailOptions {
  /** Log groups by function. */
  readonly groups: ReadonlyMap<string, string>;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly wait: Wait;
  /** In the order of their times, as far as they come together. */
  readonly onLines: (lines: readonly TailedLine[]) => void;
  /** Which way the lines come; said once. */
  readonly onWay: (way: 'live' | 'polling', why: string | undefined) => void;
  /** Live tail costs by the minute ($0.01) and may be declined. */
  readonly mayBeLive: boolean;
}

/** At most that many groups in one live tail (CloudWatch Logs quotas). */
const mostLive = 10;
/** Milliseconds between two looks. */
const pause = 1000;
/** Lines arrive up to so much later than their time says, milliseconds; they are looked for again and told once. */
const lateness = 10_000;

/** Follows the logs of all functions until stopped: by StartLiveTail where that is allowed, else by looking every second. */
export async function tailLogs(aws: AwsClient, options: TailOptions): Promise<void> {
  const names = new Map([...options.groups].map(([name, group]) => [group, name]));
  const tell = (lines: readonly LogLine[]): void => {
    const told = lines.toSorted((a, b) => a.time - b.time).map(({ group, time, text }) => ({ name: names.get(group) ?? group, time, text: text.replace(/[\r\n]+$/u, '') }));
    if (told.length > 0) options.onLines(told);
  };
  const why = options.mayBeLive && options.groups.size <= mostLive ? await followLive(aws, options, tell) : options.mayBeLive ? `there are more than ${mostLive} functions` : undefined;
  if (!options.signal.aborted) await poll(aws, options, { tell, why });
}

/** Gives why it has ended or could not begin; undefined after an interruption. */
async function followLive(aws: AwsClient, { groups, signal, onWay }: TailOptions, tell: (lines: readonly LogLine[]) => void): Promise<string | undefined> {
  try {
    const arns = await groupArns(aws, [...groups.values()]);
    if (arns.size < groups.size) return 'some log groups are not there yet';
    await liveTail(aws, [...arns.values()], { signal, onLines: tell, onOpen: () => onWay('live', undefined) });
    return 'the live tail has ended';
  } catch (error) {
    if (signal.aborted) return undefined;
    return error instanceof Failure ? error.fault.what : error instanceof Error ? error.message : String(error);
  }
}

async function poll(aws: AwsClient, { groups, from, signal, now, wait, onWay }: TailOptions, { tell, why }: { readonly tell: (lines: readonly LogLine[]) => void; readonly why: string | undefined }): Promise<void> {
  onWay('polling', why);
  const seen = new Map<string, number>();
  let isTold = true;
  for (let since = from; !signal.aborted;) {
    const started = now();
    try {
      const lines = (await Promise.all([...groups.values()].map((group) => filterLogEvents(aws, group, { from: since })))).flat();
      tell(lines.filter(({ group, id }) => !seen.has(`${group} ${id}`)));
      for (const { group, id, time } of lines) seen.set(`${group} ${id}`, time);
      isTold = true;
      since = Math.max(from, started - lateness);
      for (const [id, time] of seen) if (time < since) seen.delete(id);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Failure)) throw error;
      // Once is enough: the network comes back, and lines are looked for from where they were last seen.
      if (isTold) onWay('polling', error.fault.what);
      isTold = false;
    }
    await wait(pause).catch(() => undefined);
  }
}
