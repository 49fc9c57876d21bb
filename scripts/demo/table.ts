/** One line of the closing table: a name, and what was measured before and after. */
export interface Row {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** What stands where a peer could not be measured. */
export const notMeasured = 'not measured';

/** Rows as aligned text. */
export function printTable(rows: readonly Row[]): string {
  const all = [{ name: '', before: 'before', after: 'with shear' }, ...rows];
  const width = (pick: (row: Row) => string): number => Math.max(...all.map((row) => pick(row).length));
  const [name, before, after] = [width((row) => row.name), width((row) => row.before), width((row) => row.after)];
  return all.map((row) => `  ${row.name.padEnd(name)}   ${row.before.padStart(before)}   ${row.after.padStart(after)}`).join('\n');
}

/** `1.234 s` or `87 ms`. */
export function duration(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `1.2 MB` or `3.4 kB`. */
export function bytes(count: number): string {
  return count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}
