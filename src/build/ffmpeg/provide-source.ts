import { createReadStream, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { digest } from '../../base/digest.ts';
import { Failure, failure } from '../../base/fault.ts';
import type { Host } from '../../base/host.ts';
import type { PinnedSource } from '../../ffmpeg/sources.ts';
import type { Store } from '../../store/store.ts';
import { alone } from '../../tools/alone.ts';
import { fetchDebianSource } from '../../tools/debian-source.ts';
import { createDownloader, download } from '../python/download.ts';

/** Environment variable with a source archive of the user's, or a folder of them. */
export const sourceVariable = 'SHEAR_FFMPEG_SOURCE';

/**
 * Brings a source archive into the store: what is there, else the user's own copy, else Debian's by apt from the mirrors of this
 * machine, else its authors'. All by sha256. Fails with `dependencies/hash-mismatch` when the user's copy is another file,
 * `network/unreachable` when nobody has it.
 * @returns the absolute path of the archive in the store.
 */
export async function provideSource(host: Host, store: Store, source: PinnedSource): Promise<string> {
  const wanted = digest(`sha256:${source.sha256}`);
  if (store.has(wanted, source.size)) return store.pathOf(wanted);
  store.prepare();
  const lock = { path: join(store.folder, `source-${source.sha256.slice(0, 16)}.lock`), what: `fetches the source of ${source.name} ${source.version}` };
  await alone(host, lock, async () => {
    if (!store.has(wanted, source.size)) await fetchSource(host, store, source);
  });
  return store.pathOf(wanted);
}

async function fetchSource(host: Host, store: Store, source: PinnedSource): Promise<void> {
  const given = host.env[sourceVariable];
  if (given !== undefined && given !== '' && (await takeGiven(store, source, given))) return;
  const reasons: string[] = [];
  const label = `fetch the source of ${source.name} ${source.version}`;
  const started = host.now();
  host.emit({ kind: 'step-started', id: `source:${source.name}`, label });
  for (const way of [fromDebian, fromAuthors]) {
    const reason = await way(host, store, source);
    host.signal.throwIfAborted();
    if (reason === undefined) {
      host.emit({ kind: 'step-finished', id: `source:${source.name}`, label, cached: false, ms: host.now() - started });
      return;
    }
    reasons.push(reason);
  }
  throw failure('network/unreachable', `the source of ${source.name} ${source.version} is not to be had`, {
    why: reasons.join('\n'), next: `get ${source.fileName} (sha256 ${source.sha256}) and name it, or its folder, with ${sourceVariable}`,
  });
}

/** Takes the file, or the one among a folder's that fits; a single file for ffmpeg that does not fit is a mistake to tell. */
async function takeGiven(store: Store, source: PinnedSource, given: string): Promise<boolean> {
  const found = statSync(given, { throwIfNoEntry: false });
  if (!found) throw failure('usage', `${sourceVariable} names ${given}, which is not there`, { next: `name the archive of ffmpeg's source, or a folder that has it` });
  const paths = found.isDirectory() ? readdirSync(given).map((name) => join(given, name)).filter((path) => statSync(path).isFile()) : [given];
  for (const path of paths) {
    if (statSync(path).size !== source.size || (await sha256Of(path)) !== source.sha256) continue;
    await store.importFile(path);
    return true;
  }
  if (found.isDirectory() || source.name !== 'ffmpeg') return false;
  throw failure('dependencies/hash-mismatch', `${given} is not the source of ffmpeg ${source.version}`, {
    why: `expected sha256:${source.sha256}, ${source.size} bytes\ngot      sha256:${await sha256Of(given)}, ${found.size} bytes`,
    next: `name the archive of that version with ${sourceVariable}, or unset it`,
  });
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function fromDebian(host: Host, store: Store, source: PinnedSource): Promise<string | undefined> {
  store.prepare();
  const folder = await mkdtemp(join(store.folder, 'tmp', 'source-'));
  try {
    const archives = await fetchDebianSource(host, source.debian, folder);
    if (typeof archives === 'string') return archives;
    for (const path of archives) {
      if ((await sha256Of(path)) !== source.sha256) continue;
      await store.importFile(path);
      return undefined;
    }
    return `Debian's source of ${source.name} is another one now`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fromAuthors(host: Host, store: Store, source: PinnedSource): Promise<string | undefined> {
  if (source.address === null) return 'its authors do not publish this archive';
  const writer = store.begin();
  try {
    const downloader = createDownloader(host, { env: {}, authorization: () => undefined, certificates: host.env['SSL_CERT_FILE'] });
    await download(host, { url: new URL(source.address), what: source.fileName, size: source.size }, { downloader, write: writer.write, onBytes: () => undefined });
    await writer.commit({ digest: digest(`sha256:${source.sha256}`), size: source.size });
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure) || error.fault.code.startsWith('disk/')) throw error;
    return error.fault.what;
  } finally {
    writer.abort();
  }
}
