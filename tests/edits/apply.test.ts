import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesOf, planEdits, spliceText } from '../../src/edits/apply.ts';
import type { Edit, Fix } from '../../src/edits/edit.ts';

const source = { path: 'a.txt', text: 'one two three' };

function fix(title: string, ...edits: readonly Edit[]): Fix {
  return { title, safety: 'safe', edits };
}

function splice(start: number, end: number, text: string): Edit {
  return { kind: 'splice', path: 'a.txt', source, start, end, text };
}

const create: Edit = { kind: 'create', path: 'new.txt', text: 'x', mode: 0o755 };

describe('planEdits', () => {
  it.each([
    ['ranges that overlap', [fix('a', splice(0, 5, 'x')), fix('b', splice(4, 7, 'y')), fix('c', splice(7, 8, 'z'))], ['a', 'c'], ['b']],
    ['ranges that touch', [fix('a', splice(0, 3, 'x')), fix('b', splice(3, 7, 'y'))], ['a', 'b'], []],
    ['insertions at one place', [fix('a', splice(3, 3, 'x')), fix('b', splice(3, 3, 'y'))], ['a', 'b'], []],
    ['an insertion within a range', [fix('a', splice(0, 5, 'x')), fix('b', splice(3, 3, 'y'))], ['a'], ['b']],
    ['an insertion at a range', [fix('a', splice(3, 5, 'x')), fix('b', splice(3, 3, 'y')), fix('c', splice(5, 5, 'y'))], ['a', 'b', 'c'], []],
    ['one file made twice', [fix('a', create), fix('b', create)], ['a'], ['b']],
    ['a fix that overlaps in one of its edits', [fix('a', splice(0, 3, 'x')), fix('b', splice(8, 9, ''), splice(1, 2, ''))], ['a'], ['b']],
    ['splices that count in different texts', [fix('a', splice(0, 1, 'x')), fix('b', { kind: 'splice', path: 'a.txt', source: { path: 'a.txt', text: 'older' }, start: 4, end: 5, text: '' })], ['a'], ['b']],
  ])('%s', (_, fixes, applied, deferred) => {
    const plan = planEdits(fixes);
    expect([plan.applied.map((each) => each.title), plan.deferred.map((each) => each.title)]).toEqual([applied, deferred]);
  });

  it('leaves one of two insertions behind the same line of YAML to the next round', () => {
    const yaml = { path: 't.yaml', text: 'A:\n  B: 1' };
    const end = (text: string): Edit => ({ kind: 'splice', path: 't.yaml', source: yaml, start: 9, end: 9, text });
    const plan = planEdits([fix('outer', end('\nC: 2')), fix('inner', end('\n  D: 3')), fix('both', end('\n  E: 4'), end('\nF: 5'))]);
    expect([plan.applied.map((each) => each.title), plan.deferred.map((each) => each.title)]).toEqual([['outer'], ['inner', 'both']]);
  });

  it('calls a fix that overlaps itself a defect', () => {
    expect(() => planEdits([fix('a', splice(0, 3, ''), splice(1, 2, ''))])).toThrow('unreachable: "a" edits a.txt twice in one place');
  });
});

it('changesOf gathers what each file becomes, in the order of the paths', () => {
  expect(changesOf([fix('b', create), fix('a', splice(4, 7, '2'), splice(0, 0, '> ')), fix('c', splice(0, 0, '! '))])).toEqual([
    { path: 'a.txt', before: 'one two three', after: '> ! one 2 three' },
    { path: 'new.txt', before: undefined, after: 'x', mode: 0o755 },
  ]);
});

it('spliceText changes the ranges and nothing else', () => {
  const cuts = fc.tuple(fc.string(), fc.uniqueArray(fc.nat(30), { maxLength: 8 }), fc.array(fc.string(), { minLength: 8, maxLength: 8 }));
  fc.assert(fc.property(cuts, ([text, points, replacements]) => {
    const ordered = points.map((point) => Math.min(point, text.length)).toSorted((a, b) => a - b);
    const ranges = Array.from({ length: Math.floor(ordered.length / 2) }, (_, i) => ({ start: ordered[2 * i] ?? 0, end: ordered[2 * i + 1] ?? 0, text: replacements[i] ?? '' }));
    const kept = [0, ...ranges.map((range) => range.end)].map((from, i) => text.slice(from, ranges[i]?.start ?? text.length));
    expect(spliceText(text, ranges)).toBe(kept.map((part, i) => part + (ranges[i]?.text ?? '')).join(''));
  }));
  expect(() => spliceText('abc', [{ start: 0, end: 2, text: '' }, { start: 1, end: 3, text: '' }])).toThrow('unreachable');
});
