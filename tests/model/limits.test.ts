import { describe, expect, it } from 'vitest';
import { isDeprecated, limits, manylinuxOf, pythonOfRuntime, runtimeFacts } from '../../src/model/limits.ts';

describe('runtimes', () => {
  it.each([
    ['python3.12', { major: 3, minor: 12 }],
    ['python3.9', { major: 3, minor: 9 }],
    ['nodejs22.x', undefined],
    ['python3', undefined],
    ['xpython3.12', undefined],
  ])('%s names its Python', (runtime, expected) => {
    expect(pythonOfRuntime(runtime)).toEqual(expected);
  });

  it.each([
    ['python3.13', [2, 34]],
    ['python3.12', [2, 34]],
    ['python3.11', [2, 26]],
    ['python3.8', [2, 26]],
    ['python3.7', [2, 17]],
    ['nodejs22.x', [2, 34]],
    ['nodejs18.x', [2, 26]],
    ['provided.al2', [2, 26]],
    ['provided.al2023', [2, 34]],
    ['java8.al2', [2, 26]],
    ['cobol85', undefined],
    ['constructor', undefined],
  ])('%s has its glibc', (runtime, expected) => {
    expect(manylinuxOf(runtime)).toEqual(expected);
  });

  it('a Python version has one too', () => {
    expect(manylinuxOf({ major: 3, minor: 14 })).toEqual([2, 34]);
    expect(manylinuxOf({ major: 3, minor: 10 })).toEqual([2, 26]);
  });

  it('are deprecated from their day on', () => {
    expect(isDeprecated('python3.9', Date.UTC(2025, 11, 14))).toBe(false);
    expect(isDeprecated('python3.9', Date.UTC(2025, 11, 15))).toBe(true);
    expect(isDeprecated('cobol85', Date.UTC(2040, 0, 1))).toBe(false);
  });

  it('have a successor in their language', () => {
    expect(['python3.8', 'nodejs18.x', 'java8.al2', 'dotnetcore3.1', 'go1.x', 'provided.al2', 'python3.14'].map((name) => runtimeFacts(name)?.successor)).toEqual([
      'python3.14', 'nodejs24.x', 'java25', 'dotnet10', 'provided.al2023', 'provided.al2023', undefined,
    ]);
  });
});

it('limits are in the units that they say', () => {
  expect(limits.zipUnpacked.value).toBe(262_144_000);
  expect(limits.imageUnpacked.value).toBe(10_737_418_240);
  expect(limits.timeoutMaximum).toMatchObject({ value: 900, unit: 'seconds' });
  for (const limit of Object.values(limits)) expect(limit.source).toMatch(/^https:\/\//u);
});
