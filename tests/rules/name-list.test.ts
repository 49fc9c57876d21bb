import { expect, it } from 'vitest';
import { nameList, type NameListForm } from '../../src/rules/name-list.ts';

it.each<readonly [string, NameListForm, string]>([
  ['', {}, ''],
  ['a', {}, 'a'],
  ['a b', {}, 'a and b'],
  ['a b c d e f', {}, 'a, b, c, d, e and f'],
  ['a b c', { joint: 'or' }, 'a, b or c'],
  ['a b c d', { most: 4 }, 'a, b, c and d'],
  ['a b c d e', { most: 4 }, 'a, b, c, d and 1 more'],
  ['a b c d', { most: 4, shown: 3 }, 'a, b, c and d'],
  ['a b c d e', { most: 4, shown: 3 }, 'a, b, c and 2 more'],
  ['a b c d e f', { joint: 'or', most: 4 }, 'a, b, c, d or 2 more'],
])('%s, %o', (names, form, told) => {
  expect(nameList(names === '' ? [] : names.split(' '), form)).toBe(told);
});
