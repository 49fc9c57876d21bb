import type { LockedWheel } from './python/locked-wheel.ts';

/** A wheel this big gets an image layer of its own. */
const ownLayerFrom = 1_000_000;
/** Images stay well under the 127 layers that overlay file systems take. */
const mostLayers = 30;

/** Splits wheels over image layers: the big ones alone, the rest together; the same wheels always split alike. */
export function wheelGroups(wheels: readonly LockedWheel[]): readonly (readonly LockedWheel[])[] {
  const bySize = wheels.toSorted((a, b) => b.size - a.size || (a.fileName < b.fileName ? -1 : 1));
  const big = bySize.filter((wheel) => wheel.size >= ownLayerFrom).slice(0, mostLayers);
  const alone = new Set(big);
  const small = wheels.filter((wheel) => !alone.has(wheel)).toSorted((a, b) => (a.fileName < b.fileName ? -1 : 1));
  const single = big.toSorted((a, b) => (a.fileName < b.fileName ? -1 : 1)).map((wheel) => [wheel]);
  return small.length > 0 ? [small, ...single] : single;
}
