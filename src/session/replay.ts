import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { digestOf, hexOf } from '../base/digest.ts';
import type { BuildReport } from '../build/report.ts';
import { forgetState, readState, stateFolder, writeState, type BuildState, type ReplayImage, type ReplayLayer } from '../build/state.ts';
import { isRacy, isUnchanged, look, sameStamp, stampOf, stampsOf, type FileIndexData, type FileStamp } from '../graph/unchanged.ts';
import { updateArchive } from '../oci/archive.ts';
import type { ImageBlobs } from '../oci/image.ts';
import { writeSmallLayer } from '../oci/layer.ts';
import { stageLayout } from '../oci/layout.ts';
import { withLockFile } from '../store/lock-file.ts';
import { openStore, type Store } from '../store/store.ts';
import { archivePath, layoutPath } from './output-paths.ts';
import { sourceOf, sourcesOf } from './replay-sources.ts';
import { requestText, type BuildRequest } from './unchanged-build.ts';

/** An input whose content may have changed. */
interface Edit {
  readonly path: string;
  readonly stamp: FileStamp;
  readonly sha256: string;
}

/** What of the machine a replay needs. */
export interface ReplayHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cacheFolder: string;
  /** Milliseconds since the epoch; the system's clock when absent. */
  readonly now?: () => number;
}

/**
 * Builds after an edit of files that only layers of COPY instructions hold: the last build with those layers exchanged, byte for byte
 * what the whole build makes, in a third of its time, since neither plan nor graph nor base is looked at. Undefined, and
 * nothing but the store touched, when anything else changed.
 */
export async function replay(request: BuildRequest, { env, cacheFolder, now = systemClock() }: ReplayHost): Promise<BuildReport | undefined> {
  if (env['DOCKER_HOST'] !== undefined || existsSync('/var/run/docker.sock')) return undefined;
  const { folder } = request;
  const path = join(stateFolder(folder), 'lock');
  if (!existsSync(stateFolder(folder))) return undefined;
  return await withLockFile(path, now, async () => {
    const state = readState(folder);
    if (!state?.replay || state.request !== requestText({ env, cacheFolder }, request) || !isUnchanged(state.outputs)) return undefined;
    const startedAt = now();
    const edits = editsOf(state);
    return edits && (await exchange(openStore(join(cacheFolder, 'store'), now), { folder, state, edits, startedAt }));
    // Held by another process: the whole build waits for it, and says so.
  }, { patience: 0 });
}

/** The edits since a state, when all of them are contents of files that layers alone hold. */
function editsOf({ inputs, replay: kept }: BuildState): readonly Edit[] | undefined {
  const sources = sourcesOf(kept?.images ?? []);
  kept?.elsewhere.forEach((path) => sources.delete(path));
  const { files, ...rest } = inputs;
  if (!isUnchanged({ ...rest, files: {} })) return undefined;
  const edits: Edit[] = [];
  for (const [path, [kind, stamp, sha256]] of Object.entries(files)) {
    const found = look(path);
    if (found && sameStamp(stamp, found) && !isRacy(stamp, inputs)) continue;
    if (!found?.isFile() || kind !== 'file' || found.mode !== stamp[4] || found.size > 1_000_000) return undefined;
    const edit = { path, stamp: stampOf(found), sha256: hexOf(digestOf(readFileSync(path))) };
    if (edit.sha256 !== sha256 && !sources.has(path)) return undefined;
    edits.push(edit);
  }
  return edits;
}

/** What was done, in order. */
type Steps = BuildReport['steps'][number][];

interface Exchange {
  readonly folder: string;
  readonly state: BuildState;
  readonly edits: readonly Edit[];
  readonly startedAt: number;
}

async function exchange(store: Store, { folder, state, edits, startedAt }: Exchange): Promise<BuildReport | undefined> {
  const sizes = new Map(edits.filter(({ path, sha256 }) => state.inputs.files[path]?.[2] !== sha256).map(({ path, stamp }) => [path, stamp[2]]));
  const steps: Steps = [];
  const images = (state.replay?.images ?? []).map((image) => exchanged(store, image, sizes, steps));
  // A file that changed while it was packed is for the whole build, which says so.
  if (images.includes(undefined) || edits.some(({ path, stamp }) => !isStill(path, stamp))) return undefined;
  const whole = images.filter((image) => image !== undefined);
  const archives = { ...state.archives };
  const fresh = new Map(whole.flatMap((image, at) => (image === state.replay?.images[at] ? [] : [[image.fullPath, image]])));
  const staged = [...fresh.values()].map((image) => stageLayout(layoutPath(folder, image.fullPath), [{ name: image.name, image: image.blobs }], store));
  await store.flushed();
  if (fresh.size > 0) forgetState(folder);
  for (const image of fresh.values()) archives[image.fullPath] = await updateArchive(archivePath(folder, image.fullPath), image.blobs, [image.name], { source: store, previous: state.archives[image.fullPath] });
  for (const layout of staged) layout.commit();
  const report = reportOf(state.report, fresh, steps);
  writeState(folder, {
    request: state.request, archives, report,
    inputs: withEdits(state.inputs, edits, startedAt),
    outputs: fresh.size === 0 ? state.outputs : stampsOf(Object.keys(state.outputs.files), Object.keys(state.outputs.folders)),
    replay: { images: whole, elsewhere: state.replay?.elsewhere ?? [] },
  }, undefined);
  return report;
}

/** The image with the layers made anew that hold a changed file; itself when none does, undefined when its blobs are not as expected. */
function exchanged(store: Store, image: ReplayImage, sizes: ReadonlyMap<string, number>, steps: Steps): ReplayImage | undefined {
  const stale = image.edits.filter((layer) => layer.entries.some((entry) => sizeOf(entry, sizes) !== undefined));
  if (stale.length === 0) return image;
  const layers = [...image.blobs.layers];
  const config = store.read(image.blobs.config.digest)?.toString('utf8');
  const manifest = store.read(image.blobs.manifest.digest);
  if (config === undefined || !manifest) return undefined;
  let text = config;
  const edits = image.edits.map((layer): ReplayLayer => {
    if (!stale.includes(layer)) return layer;
    const start = store.now();
    const entries = layer.entries.map((entry) => resized(entry, sizes));
    const { blob, diffId } = writeSmallLayer(entries, store, { createdBy: layer.createdBy });
    steps.push({ label: layer.label, ms: store.now() - start, cached: false });
    const [before, after, more] = text.split(layer.diffId);
    text = after === undefined || more !== undefined ? '' : `${before}${diffId}${after}`;
    layers[layer.at] = { ...layers[layer.at], mediaType: layers[layer.at]?.mediaType ?? blob.mediaType, digest: blob.digest, size: blob.size };
    return { ...layer, entries, diffId };
  });
  if (text === '') return undefined;
  return { ...image, edits, blobs: putImage(store, image.blobs, { config: Buffer.from(text), manifest: manifest.toString('utf8'), layers }) };
}

function putImage(store: Store, last: ImageBlobs, { config, manifest, layers }: { readonly config: Buffer; readonly manifest: string; readonly layers: ImageBlobs['layers'] }): ImageBlobs {
  const parsed = JSON.parse(manifest) as { config: object; layers: readonly object[] };
  const stored = store.putSoon(config);
  parsed.config = { ...parsed.config, ...stored };
  parsed.layers = parsed.layers.map((layer, at) => ({ ...layer, digest: layers[at]?.digest, size: layers[at]?.size }));
  return { layers, config: { ...last.config, ...stored }, manifest: { ...last.manifest, ...store.putSoon(Buffer.from(JSON.stringify(parsed))) } };
}

function resized(entry: ReplayLayer['entries'][number], sizes: ReadonlyMap<string, number>): ReplayLayer['entries'][number] {
  const size = sizeOf(entry, sizes);
  return entry.kind === 'file' && size !== undefined ? { ...entry, size } : entry;
}

/** Bytes of the file behind an entry, when that changed. */
function sizeOf(entry: ReplayLayer['entries'][number], sizes: ReadonlyMap<string, number>): number | undefined {
  const path = sourceOf(entry);
  return path === undefined ? undefined : sizes.get(path);
}

function isStill(path: string, stamp: FileStamp): boolean {
  const found = look(path);
  return found !== undefined && sameStamp(stamp, found);
}

function withEdits(inputs: FileIndexData, edits: readonly Edit[], takenAt: number): FileIndexData {
  return { ...inputs, takenAt, files: { ...inputs.files, ...Object.fromEntries(edits.map(({ path, stamp, sha256 }) => [path, ['file', stamp, sha256] as const])) } };
}

function reportOf(last: BuildReport, fresh: ReadonlyMap<string, ReplayImage>, steps: Steps): BuildReport {
  const functions = last.functions.map((fn) => {
    const image = fresh.get(fn.name);
    if (!image || !fn.image) return { ...fn, cached: true, ms: 0 };
    const layers = fn.image.layers.map((layer, at) => ({ ...layer, digest: image.blobs.layers[at]?.digest ?? layer.digest, size: image.blobs.layers[at]?.size ?? layer.size }));
    return { ...fn, cached: false, ms: steps.reduce((sum, step) => sum + step.ms, 0), image: { ...fn.image, digest: image.blobs.manifest.digest, layers } };
  });
  return { ...last, functions, unchanged: fresh.size === 0, steps };
}
