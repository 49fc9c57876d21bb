import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';

describe('the system clock', () => {
  it.each([
    { name: 'has fractions', ticks: [[1000, 5], [1000, 5.25], [1001, 6.125]], told: [1000, 1000.25, 1001.125] },
    { name: 'follows a clock that was set back', ticks: [[1000, 5], [400, 6]], told: [1000, 400] },
    { name: 'follows a clock that ran on while the machine slept', ticks: [[1000, 5], [9000, 6], [9000, 6.5]], told: [1000, 9000, 9000.5] },
  ])('$name', ({ ticks, told }) => {
    let at = 0;
    const now = systemClock({ wall: () => ticks[at]![0]!, fine: () => ticks[at]![1]! });
    expect(ticks.map((_, i) => ((at = i), now()))).toEqual(told);
  });

  it('is never ahead of the clock that other processes read', () => {
    const now = systemClock();
    for (let i = 0; i < 1000; i++) expect(Math.floor(now())).toBeLessThanOrEqual(Date.now());
  });
});
