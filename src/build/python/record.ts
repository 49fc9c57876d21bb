/** One line of a RECORD file: path relative to site-packages, `sha256=…`, bytes; the last two empty where unknown. */
export interface RecordRow {
  readonly path: string;
  readonly hash: string;
  readonly size: string;
}

/** Reads RECORD: CSV with Python's default dialect (quotes doubled inside quotes). Source: PEP 376, PEP 627. */
export function parseRecord(text: string): readonly RecordRow[] {
  return text
    .split(/\r?\n/u)
    .filter((line) => line !== '')
    .map((line) => {
      const [path = '', hash = '', size = ''] = readFields(line);
      return { path, hash, size };
    });
}

/** Prints RECORD: each path once, sorted by code point, lines ended with CRLF as Python's csv module does. */
export function printRecord(rows: readonly RecordRow[]): string {
  const byPath = new Map(rows.map((row) => [row.path, row]));
  const isPlain = rows.every(({ path }) => !/[\u{10000}-\u{10ffff}]/u.test(path));
  // Code units order as code points do, but for what lies beyond the first 65,536 of these.
  const compare = isPlain ? (a: RecordRow, b: RecordRow) => (a.path < b.path ? -1 : 1) : (a: RecordRow, b: RecordRow) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path));
  return [...byPath.values()]
    .toSorted(compare)
    .map(({ path, hash, size }) => `${quoted(path)},${quoted(hash)},${quoted(size)}\r\n`)
    .join('');
}

function readFields(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(',');
  return Array.from(line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/gu), ([, inQuotes, plain]) => inQuotes?.replaceAll('""', '"') ?? plain ?? '');
}

function quoted(field: string): string {
  return /[",\r\n]/u.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
