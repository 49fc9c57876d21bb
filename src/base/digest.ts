import { createHash } from 'node:crypto';

declare const brand: unique symbol;

/** `sha256:` and 64 lower-case hex digits: names bytes as they are stored (compressed, for an image layer). */
export type Digest = string & { readonly [brand]: 'digest' };

/** The digest of an image layer's uncompressed tar stream. */
export type DiffId = string & { readonly [brand]: 'diff-id' };

/** Names a step's output by all that it depends on. */
export type NodeKey = string & { readonly [brand]: 'node-key' };

const pattern = /^sha256:[0-9a-f]{64}$/u;

/** Parses `sha256:…`; undefined when the text is not a sha256 digest. */
export function parseDigest(text: string): Digest | undefined {
  return pattern.test(text) ? (text as Digest) : undefined;
}

/** The digest that stands in text already checked; throws on anything else (a defect, not a user's mistake). */
export function digest(text: string): Digest {
  if (!pattern.test(text)) throw new Error(`unreachable: not a digest: ${text}`);
  return text as Digest;
}

/** The sha256 of bytes. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** A digest used as diffID: same form, other meaning. */
export function diffId(text: string): DiffId {
  return digest(text) as string as DiffId;
}

/** The 64 hex digits alone, as OCI layouts name blob files. */
export function hexOf(value: Digest | DiffId | NodeKey): string {
  return value.slice(value.indexOf(':') + 1);
}

/** What can be put into a key. `undefined` members of objects count as absent. */
export type Canonical =
  | null
  | boolean
  | number
  | string
  | readonly Canonical[]
  | { readonly [name: string]: Canonical | undefined };

/**
 * An injective text for a value: every part carries its type and length, so that no two
 * different values share an encoding; object members are sorted by code unit, never by locale.
 */
export function canonical(value: Canonical): string {
  if (value === null) return 'n';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (typeof value === 'number') return `d${encodeNumber(value)};`;
  if (typeof value === 'string') return `s${value.length}:${value}`;
  if (isList(value)) return `l${value.length}:${value.map(canonical).join('')}`;
  const names = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .toSorted((a, b) => (a < b ? -1 : 1));
  const members = names.map((name) => canonical(name) + canonical(value[name] ?? null));
  return `o${names.length}:${members.join('')}`;
}

/** The key of a canonical value, under a version that changes when the encoding or its meaning does. */
export function keyOf(value: Canonical): NodeKey {
  return `key:${createHash('sha256').update(`v1\0${canonical(value)}`).digest('hex')}` as NodeKey;
}

function encodeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`unreachable: ${value} in a key`);
  return Object.is(value, -0) ? '0' : String(value);
}

function isList(value: Canonical): value is readonly Canonical[] {
  return Array.isArray(value);
}
