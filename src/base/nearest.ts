/** The known word that a mistyped one is closest to; undefined when none differs by at most a third of its letters. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // A very long word is no misspelling, and the comparison is quadratic.
  if (word.length > 40) return undefined;
  const ranked = known.map((candidate) => ({ candidate, distance: distance(word, candidate) })).toSorted((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(1, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined;
}

/** What to do about a word that is unknown: the known one that it was meant to be, else where all of them are. */
export function meant(word: string, known: readonly string[], before: string, otherwise: string): string {
  const close = nearest(word, known) ?? onlyWith(word, known);
  return close === undefined ? otherwise : `did you mean ${before}${close}? ${otherwise}`;
}

/** The one word that a part of it, of some length, can be from. */
function onlyWith(part: string, known: readonly string[]): string | undefined {
  if (part.length < 3) return undefined;
  const [only, ...more] = known.filter((one) => one.toLowerCase().includes(part.toLowerCase()));
  return more.length === 0 ? only : undefined;
}

/** Edits (insert, remove, replace, swap of neighbours) between two words. */
function distance(a: string, b: string): number {
  let twoBack: number[] = [];
  let before = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const cost = Math.min((before[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (before[j - 1] ?? 0) + (isSame ? 0 : 1));
      row.push(isSwap ? Math.min(cost, (twoBack[j - 2] ?? 0) + 1) : cost);
    }
    twoBack = before;
    before = row;
  }
  return before[b.length] ?? 0;
}
