/** What somebody asks of an event, over what the template says; nothing of it has to be there. */
export interface Given {
  /** What happened, in the service's own words: `ObjectRemoved:Delete`, `MODIFY`, `PreSignUp`. */
  readonly action?: string | undefined;
  /** The message, the data, the detail or the request's body. */
  readonly body?: string | undefined;
  /** Of an object, not yet encoded; of a stream, the partition key. */
  readonly key?: string | undefined;
  /** Bytes. */
  readonly size?: number | undefined;
  readonly subject?: string | undefined;
  /** Message attributes, the attributes of an item or a user. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  readonly source?: string | undefined;
  readonly detailType?: string | undefined;
  readonly method?: string | undefined;
  readonly path?: string | undefined;
  readonly stage?: string | undefined;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Records in a batch. */
  readonly count?: number | undefined;
}

/** A batch of as many records as are asked for. `ordinal` counts from 1. */
export function batch<T>(given: Given, make: (ordinal: number) => T): readonly T[] {
  return Array.from({ length: given.count ?? 1 }, (_, at) => make(at + 1));
}

/** An identifier in the form of a UUID, the same for the same ordinal. */
export function uuid(ordinal: number): string {
  return `00000000-0000-4000-8000-${String(ordinal).padStart(12, '0')}`;
}

/** Whether any attribute is asked for. */
export function hasAny(map: Readonly<Record<string, string>> | undefined): map is Readonly<Record<string, string>> {
  return map !== undefined && Object.keys(map).length > 0;
}
