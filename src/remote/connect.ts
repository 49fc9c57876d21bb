import type { NodeKey } from '../base/digest.ts';
import { Failure, failure, type Fault } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { Output } from '../graph/node.ts';
import { parseRecord, printRecord } from '../store/record.ts';
import type { RemoteOutputs } from '../store/remote-outputs.ts';
import type { Store } from '../store/store.ts';
import { folderPlace } from './folder-place.ts';
import type { RemotePlace } from './place.ts';
import { registryPlace } from './registry-place.ts';
import type { RemoteSetting } from './setting.ts';

/** How long an answer may take before the place counts as gone, milliseconds; a blob gets a second more for each 250 kB. */
const patience = 15_000;
const bytesPerMs = 250;

/** Entries on their way at the same time. */
const mostWrites = 2;

/**
 * Connects a store to the place where results are shared. A place that is down, denies or is slow is told of once and then left alone
 * for this run; an entry that is damaged or speaks for another key is told of and not taken. Neither fails a build.
 */
export function connectRemote(host: Host, store: Store, setting: RemoteSetting, limits: { readonly patience?: number } = {}): RemoteOutputs {
  const given = new AbortController();
  // The connections end with the run or with the patience, whichever is first.
  const own: Host = { ...host, signal: AbortSignal.any([host.signal, given.signal]) };
  const place = setting.place.kind === 'folder' ? folderPlace(setting.place.path, host.now) : registryPlace(own, setting.place.repository);
  let isGone = false;
  const giveUp = (fault: Fault, doing: string): void => {
    if (!isGone) host.emit({ kind: 'warning', text: `the remote cache ${place.name} is left out, because it cannot be ${doing}: ${wordsOf(fault)}` });
    isGone = true;
  };
  const inTime = async <T>(work: Promise<T>, bytes: number): Promise<T> => {
    const most = (limits.patience ?? patience) + bytes / bytesPerMs;
    const timer = setTimeout(() => given.abort(failure('network/unreachable', `no answer came within ${Math.round(most / 1000)} seconds`)), most);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  };
  const bear = (error: unknown, doing: string): void => {
    host.signal.throwIfAborted();
    giveUp(faultOf(given.signal.aborted ? given.signal.reason : error), doing);
  };
  const asked = new Map<NodeKey, Promise<Output | undefined>>();
  const look = async (key: NodeKey, refusal: Refusal): Promise<Output | undefined> => {
    if (isGone) return undefined;
    try {
      return await take(store, place, { key, refusal, inTime });
    } catch (error) {
      if (!(error instanceof Failure) || error.fault.code !== 'registry/corrupt' || given.signal.aborted) bear(error, 'read');
      else host.emit({ kind: 'warning', text: `an entry of the remote cache ${place.name} is not taken: ${wordsOf(error.fault)}` });
      return undefined;
    }
  };
  const writes = createWrites(mostWrites);
  const offered = new Set<NodeKey>();
  let sent = 0;
  let entries = 0;
  return {
    fetch: async (key, refusal = () => undefined) => {
      const known = asked.get(key) ?? look(key, refusal);
      asked.set(key, known);
      return await known;
    },
    offer: (key, output) => {
      if (!setting.mayWrite || isGone || offered.has(key)) return;
      offered.add(key);
      writes.add(async () => {
        // What came from there is there.
        if (isGone || (await asked.get(key)) !== undefined) return;
        try {
          const record = store.putBytes(Buffer.from(printRecord(key, output)));
          const bytes = await inTime(place.write(key, { output, record, source: store }), output.blobs.reduce((sum, { size }) => sum + size, 0));
          sent += bytes;
          if (bytes > 0) entries++;
        } catch (error) {
          bear(error, 'written');
        }
      });
    },
    settled: async () => {
      await writes.settled();
      if (entries > 0) host.emit({ kind: 'note', text: `${entries} ${entries === 1 ? 'result' : 'results'} put into the remote cache ${place.name} (${(sent / 1e6).toFixed(1)} MB)` });
      [sent, entries] = [0, 0];
    },
  };
}

type Refusal = (output: Output) => string | undefined;

interface Take {
  readonly key: NodeKey;
  readonly refusal: Refusal;
  readonly inTime: <T>(work: Promise<T>, bytes: number) => Promise<T>;
}

async function take(store: Store, place: RemotePlace, { key, refusal, inTime }: Take): Promise<Output | undefined> {
  const text = await inTime(place.readRecord(key), 0);
  if (text === undefined) return undefined;
  const output = parseRecord(text, key);
  if (!output) throw failure('registry/corrupt', `what is there under ${key.slice(0, 16)} is damaged, or a record of another step`);
  const refused = refusal(output);
  if (refused !== undefined) throw failure('registry/corrupt', refused);
  for (const { digest, size } of output.blobs) {
    if (!store.has(digest, size)) await inTime(place.fetchBlob({ digest, size }, store), size);
  }
  store.putRecord(key, output);
  return output;
}

/** A system call's error is the place's fault as much as an answer of a registry; anything else is a defect. */
function faultOf(error: unknown): Fault {
  if (error instanceof Failure) return error.fault;
  if (error instanceof Error && 'code' in error) return failure('network/unreachable', error.message).fault;
  throw error;
}

function wordsOf({ what, why, next }: Fault): string {
  return [`${what}${why === undefined ? '' : ` (${why.replaceAll('\n', '; ')})`}`, ...(next === undefined ? [] : [next])].join('; ');
}

function createWrites(most: number): { readonly add: (work: () => Promise<void>) => void; readonly settled: () => Promise<void> } {
  const lanes: Promise<void>[] = Array.from({ length: most }, async () => undefined);
  let next = 0;
  return {
    add: (work) => {
      const lane = next++ % most;
      const queued = (lanes[lane] ?? Promise.resolve()).then(work);
      lanes[lane] = queued;
      // Looked at by `settled`, perhaps later than it fails.
      queued.catch(() => undefined);
    },
    settled: async () => void (await Promise.all(lanes)),
  };
}
