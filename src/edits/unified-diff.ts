/**
 * The difference between two texts in the form of `diff -u`, which `patch -p1` and `git apply` take; empty when there is none.
 * Lines end at LF, so that a carriage return belongs to its line and is kept.
 * @param path relative, with forward slashes; shown with a/ and b/ before it
 * @param before undefined for a new file
 * @param context unchanged lines around each change
 */
export function unifiedDiff(path: string, before: string | undefined, after: string, context: number = 3): string {
  if (before === after) return '';
  if (before === undefined && after === '') {
    return `diff --git ${quotedPath(`a/${path}`)} ${quotedPath(`b/${path}`)}\nnew file mode 100644\n`;
  }
  const old = linesOf(before ?? '');
  const now = linesOf(after);
  const steps = difference(old, now);
  const from = before === undefined ? '/dev/null' : headerPath(`a/${path}`);
  return `--- ${from}\n+++ ${headerPath(`b/${path}`)}\n${hunks(steps, context).map(printHunk).join('')}`;
}

/** One line of the edit script; `old` and `now` count the lines of each side before it. */
interface Step {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
  readonly old: number;
  readonly now: number;
}

function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/gu) ?? [];
}

/** A blank in a name would end it for `patch`, unless a tab follows. */
function headerPath(path: string): string {
  const quoted = quotedPath(path);
  return quoted === path && /\s/u.test(path) ? `${path}\t` : quoted;
}

/** Git's quoting of names that hold quotes, backslashes or control characters. */
function quotedPath(path: string): string {
  if (!/["\\\p{Cc}]/u.test(path)) return path;
  return `"${path.replace(/["\\]/gu, (char) => `\\${char}`).replace(/\p{Cc}/gu, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)}"`;
}

function hunks(steps: readonly Step[], context: number): readonly (readonly Step[])[] {
  const ranges: { start: number; end: number }[] = [];
  for (const [index, step] of steps.entries()) {
    if (step.sign === ' ') continue;
    const start = Math.max(0, index - context);
    const end = Math.min(steps.length, index + context + 1);
    const last = ranges.at(-1);
    if (last && start <= last.end) last.end = end;
    else ranges.push({ start, end });
  }
  return ranges.map(({ start, end }) => steps.slice(start, end));
}

function printHunk(steps: readonly Step[]): string {
  const [first] = steps;
  if (!first) return '';
  const range = (start: number, count: number): string => (count === 1 ? `${start + 1}` : `${count === 0 ? start : start + 1},${count}`);
  const old = range(first.old, steps.filter((step) => step.sign !== '+').length);
  const now = range(first.now, steps.filter((step) => step.sign !== '-').length);
  const body = steps.map(({ sign, text }) => (text.endsWith('\n') ? sign + text : `${sign}${text}\n\\ No newline at end of file\n`));
  return `@@ -${old} +${now} @@\n${body.join('')}`;
}

function difference(old: readonly string[], now: readonly string[]): readonly Step[] {
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail++;
  const signs = [
    ...Array.from({ length: head }, () => ' ' as const),
    ...editScript(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...Array.from({ length: tail }, () => ' ' as const),
  ];
  let atOld = 0;
  let atNow = 0;
  return signs.map((sign): Step => {
    const step = { sign, text: (sign === '+' ? now[atNow] : old[atOld]) ?? '', old: atOld, now: atNow };
    if (sign !== '+') atOld++;
    if (sign !== '-') atNow++;
    return step;
  });
}

/** Beyond this many changed lines the middle is shown as replaced whole: the search costs their square. */
const mostChanges = 1_000;

/** Myers' greedy shortest edit script ("An O(ND) Difference Algorithm", 1986). */
function editScript(old: readonly string[], now: readonly string[]): readonly Step['sign'][] {
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: ReadonlyMap<number, number>[] = [];
  for (let changes = 0; changes <= Math.min(mostChanges, old.length + now.length); changes++) {
    trace.push(new Map(furthest));
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      let x = stepDown(furthest, diagonal, changes) ? (furthest.get(diagonal + 1) ?? 0) : (furthest.get(diagonal - 1) ?? 0) + 1;
      while (x < old.length && x - diagonal < now.length && old[x] === now[x - diagonal]) x++;
      furthest.set(diagonal, x);
      if (x >= old.length && x - diagonal >= now.length) return walkBack(trace, old.length, now.length);
    }
  }
  return [...old.map(() => '-' as const), ...now.map(() => '+' as const)];
}

function stepDown(furthest: ReadonlyMap<number, number>, diagonal: number, changes: number): boolean {
  if (diagonal === -changes) return true;
  return diagonal !== changes && (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1);
}

function walkBack(trace: readonly ReadonlyMap<number, number>[], oldLength: number, nowLength: number): readonly Step['sign'][] {
  const signs: Step['sign'][] = [];
  let x = oldLength;
  let y = nowLength;
  for (let changes = trace.length - 1; changes >= 0; changes--) {
    const furthest = trace[changes] ?? new Map<number, number>();
    const diagonal = x - y;
    const isDown = stepDown(furthest, diagonal, changes);
    const previous = isDown ? diagonal + 1 : diagonal - 1;
    const startX = changes === 0 ? 0 : (furthest.get(previous) ?? 0);
    const startY = changes === 0 ? 0 : startX - previous;
    while (x > startX && y > startY) {
      signs.push(' ');
      x--;
      y--;
    }
    if (changes === 0) break;
    signs.push(isDown ? '+' : '-');
    x = startX;
    y = startY;
  }
  return signs.toReversed();
}
