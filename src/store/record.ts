import { join } from 'node:path';
import { canonical, digestOf, hexOf, parseDigest, type Canonical, type DiffId, type NodeKey } from '../base/digest.ts';
import type { Output, OutputBlob } from '../graph/node.ts';

/** Where a store in a folder (absolute) keeps the record of a key. */
export function recordFile(folder: string, key: NodeKey): string {
  return join(folder, 'records', hexOf(key).slice(0, 2), `${hexOf(key)}.json`);
}

/** The text of an action record: the output with the key it speaks for and a checksum of both. */
export function printRecord(key: NodeKey, output: Output): string {
  const body = { key, blobs: output.blobs, data: output.data };
  return JSON.stringify({ version: 1, sum: sumOf(body), ...body });
}

/** The output in a record's text; undefined when it is damaged, of another version, or about another key. */
export function parseRecord(text: string, key: NodeKey): Output | undefined {
  const json = parseJson(text);
  if (json?.['version'] !== 1 || json['key'] !== key || !Array.isArray(json['blobs'])) return undefined;
  const blobs = json['blobs'].map(parseBlob);
  if (!blobs.every((blob) => blob !== undefined)) return undefined;
  const data = (json['data'] ?? null) as Canonical;
  return json['sum'] === sumOf({ key, blobs, data }) ? { blobs, data } : undefined;
}

function parseJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function parseBlob(json: unknown): OutputBlob | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { name, digest, size, diffId } = json as Record<string, unknown>;
  const parsed = typeof digest === 'string' ? parseDigest(digest) : undefined;
  if (typeof name !== 'string' || !parsed || typeof size !== 'number') return undefined;
  const inner = typeof diffId === 'string' ? parseDigest(diffId) : undefined;
  return { name, digest: parsed, size, ...(inner ? { diffId: inner as string as DiffId } : {}) };
}

function sumOf(body: { readonly key: NodeKey; readonly blobs: readonly OutputBlob[]; readonly data: Canonical }): string {
  const blobs = body.blobs.map((blob) => ({ name: blob.name, digest: blob.digest, size: blob.size, diffId: blob.diffId }));
  return digestOf(canonical({ key: body.key, blobs, data: body.data }));
}
