/** How names are told. */
export interface NameListForm {
  /** Before the last; `and` when absent. */
  readonly joint?: 'and' | 'or';
  /** As many are all named; absent: however many there are. */
  readonly most?: number;
  /** So many are named where there are more than `most`; `most` when absent. */
  readonly shown?: number;
}

/** `a`, `a and b`, `a, b and c`; with `most`, `a, b, c and 4 more`. */
export function nameList(names: readonly string[], { joint = 'and', most = Infinity, shown = most }: NameListForm = {}): string {
  const rest = names.length > most ? [...names.slice(0, shown), `${names.length - shown} more`] : names;
  return rest.length < 2 ? rest.join('') : `${rest.slice(0, -1).join(', ')} ${joint} ${rest.at(-1) ?? ''}`;
}
