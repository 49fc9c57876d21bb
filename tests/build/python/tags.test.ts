import { describe, expect, it } from 'vitest';
import { bestWheel, wheelRank, type WheelTarget } from '../../../src/build/python/tags.ts';
import { parseWheelName } from '../../../src/build/python/wheel-name.ts';

const lambda: WheelTarget = { python: { major: 3, minor: 12 }, architecture: 'x86_64', glibc: [2, 34] };
const older: WheelTarget = { python: { major: 3, minor: 11 }, architecture: 'arm64', glibc: [2, 26] };

function best(names: readonly string[], target: WheelTarget = lambda): string | undefined {
  return bestWheel(names.map((fileName) => ({ fileName })), target)?.fileName;
}

describe('the wheel to take', () => {
  it.each([
    ['the interpreter\'s own ABI before the stable one', ['a-1-cp37-abi3-manylinux_2_28_x86_64.whl', 'a-1-cp312-cp312-manylinux_2_17_x86_64.whl'], 'a-1-cp312-cp312-manylinux_2_17_x86_64.whl'],
    ['the stable ABI before pure Python', ['a-1-py3-none-any.whl', 'a-1-cp37-abi3-manylinux2014_x86_64.whl'], 'a-1-cp37-abi3-manylinux2014_x86_64.whl'],
    ['the newer stable ABI', ['a-1-cp38-abi3-manylinux2014_x86_64.whl', 'a-1-cp311-abi3-manylinux2014_x86_64.whl'], 'a-1-cp311-abi3-manylinux2014_x86_64.whl'],
    ['the newest manylinux that glibc allows', ['a-1-cp312-cp312-manylinux_2_17_x86_64.whl', 'a-1-cp312-cp312-manylinux_2_34_x86_64.whl', 'a-1-cp312-cp312-manylinux_2_35_x86_64.whl'], 'a-1-cp312-cp312-manylinux_2_34_x86_64.whl'],
    ['a platform of several by its best', ['a-1-cp312-cp312-manylinux_2_24_x86_64.whl', 'a-1-cp312-cp312-manylinux2014_x86_64.manylinux_2_28_x86_64.whl'], 'a-1-cp312-cp312-manylinux2014_x86_64.manylinux_2_28_x86_64.whl'],
    ['manylinux before linux', ['a-1-cp312-cp312-linux_x86_64.whl', 'a-1-cp312-cp312-manylinux1_x86_64.whl'], 'a-1-cp312-cp312-manylinux1_x86_64.whl'],
    ['linux where there is no other', ['a-1-cp312-cp312-linux_x86_64.whl'], 'a-1-cp312-cp312-linux_x86_64.whl'],
    ['any Python\'s machine code before this Python\'s source', ['a-1-cp312-none-any.whl', 'a-1-py3-none-manylinux_2_17_x86_64.whl'], 'a-1-py3-none-manylinux_2_17_x86_64.whl'],
    ['py312 before py3 before py311', ['a-1-py311-none-any.whl', 'a-1-py3-none-any.whl', 'a-1-py312-none-any.whl'], 'a-1-py312-none-any.whl'],
    ['py3 before py311', ['a-1-py311-none-any.whl', 'a-1-py3-none-any.whl'], 'a-1-py3-none-any.whl'],
    ['py2.py3', ['six-1-py2.py3-none-any.whl'], 'six-1-py2.py3-none-any.whl'],
    ['the higher build number', ['a-1-2-py3-none-any.whl', 'a-1-10-py3-none-any.whl', 'a-1-py3-none-any.whl'], 'a-1-10-py3-none-any.whl'],
    ['the first by name where nothing else tells, whatever the order', ['b-1-py3-none-any.whl', 'a-1-py3-none-any.whl'], 'a-1-py3-none-any.whl'],
  ])('is %s', (_name, names, expected) => {
    expect(best(names)).toBe(expected);
    expect(best(names.toReversed())).toBe(expected);
  });

  it.each([
    'a-1-cp312-cp312-musllinux_1_2_x86_64.whl',
    'a-1-cp312-cp312-manylinux_2_35_x86_64.whl',
    'a-1-cp312-cp312-manylinux2014_aarch64.whl',
    'a-1-cp312-cp312-macosx_11_0_arm64.whl',
    'a-1-cp312-cp312-win_amd64.whl',
    'a-1-cp312-cp312t-manylinux_2_28_x86_64.whl',
    'a-1-cp313-cp313-manylinux_2_28_x86_64.whl',
    'a-1-cp313-abi3-manylinux_2_28_x86_64.whl',
    'a-1-cp311-cp311-manylinux_2_28_x86_64.whl',
    'a-1-cp311-none-any.whl',
    'a-1-pp310-pypy310_pp73-manylinux_2_28_x86_64.whl',
    'a-1-py2-none-any.whl',
    'a-1-py313-none-any.whl',
    'a-1-cp312-cp312-any.whl',
    'a-1.tar.gz',
    'a-1-py3-none.whl',
  ])('is none when there is only %s', (name) => {
    expect(best([name])).toBeUndefined();
  });

  it('follows the target, not this machine', () => {
    const names = ['a-1-cp311-cp311-manylinux_2_28_aarch64.whl', 'a-1-cp311-cp311-manylinux_2_26_aarch64.whl', 'a-1-cp311-cp311-manylinux2014_aarch64.whl', 'a-1-cp311-cp311-manylinux2014_x86_64.whl'];
    expect(best(names, older)).toBe('a-1-cp311-cp311-manylinux_2_26_aarch64.whl');
  });

  it('has a rank for every tag set that fits', () => {
    const name = parseWheelName('charset_normalizer-3.5.2-cp37-abi3-manylinux1_x86_64.manylinux_2_28_x86_64.manylinux_2_5_x86_64.whl');
    expect(name?.platforms).toEqual(['manylinux1_x86_64', 'manylinux_2_28_x86_64', 'manylinux_2_5_x86_64']);
    expect(name && wheelRank(name, lambda)).toBe(60_006);
  });
});
