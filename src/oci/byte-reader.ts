/** Reads a stream of chunks in pieces of wanted lengths. */
export interface ByteReader {
  /** Exactly `size` bytes; fewer when the stream ends before, none at its end. */
  readonly read: (size: number) => Promise<Buffer>;
  /** Up to `size` bytes as they come, at least one unless the stream has ended. */
  readonly some: (size: number) => Promise<Buffer>;
  /** Tells the source that no more is wanted. */
  readonly close: () => Promise<void>;
}

/** A reader over chunks; holds one chunk at a time. */
export function createByteReader(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): ByteReader {
  const chunks = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let held: Buffer = Buffer.alloc(0);
  const some = async (size: number): Promise<Buffer> => {
    while (held.length === 0) {
      const next = await chunks.next();
      if (next.done === true) return held;
      held = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
    const taken = held.subarray(0, size);
    held = held.subarray(taken.length);
    return taken;
  };
  return {
    some,
    read: async (size) => {
      const first = await some(size);
      if (first.length === size || first.length === 0) return first;
      const parts = [first];
      for (let seen = first.length; seen < size; ) {
        const part = await some(size - seen);
        if (part.length === 0) break;
        parts.push(part);
        seen += part.length;
      }
      return Buffer.concat(parts);
    },
    close: async () => {
      await chunks.return?.();
    },
  };
}
