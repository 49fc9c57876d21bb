/** The middle of some numbers; of an even count, the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** What is said of a series of times. */
export interface Series {
  readonly n: number;
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Sums a series up; undefined when it is empty. */
export function summarize(numbers: readonly number[]): Series | undefined {
  if (numbers.length === 0) return undefined;
  return { n: numbers.length, median: median(numbers), least: Math.min(...numbers), most: Math.max(...numbers) };
}
