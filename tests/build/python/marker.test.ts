import { describe, expect, it } from 'vitest';
import { holds } from '../../../src/build/python/marker.ts';
import { allowsPython } from '../../../src/build/python/poetry-constraint.ts';

const target = { python: { major: 3, minor: 12 }, architecture: 'arm64', glibc: [2, 34] } as const;

describe('a marker on a Lambda function of Python 3.12 on arm64', () => {
  it.each([
    ['', true], ['python_version >= "3.9"', true], ["python_version < '3.10'", false], ['python_full_version >= "3.12.1" and python_full_version < "4"', true],
    ['python_full_version < "3.11.0a7"', false], ['python_version == "3.*"', true], ['python_version ~= "3.9"', true], ['python_version not in "3.8 3.9"', true], ['python_version != "3.12"', false],
    ['sys_platform == "win32"', false], ['sys_platform != "darwin" and os_name == "posix"', true], ['platform_machine == "aarch64" or platform_machine == "x86_64"', true],
    ['(sys_platform == "win32" or platform_system == "Linux") and implementation_name == "cpython"', true], ['"linux" in sys_platform', true],
    ['extra == "fast"', true], ['extra == "slow"', false], ["platform_python_implementation != 'PyPy'", true],
    ['python_version >=', undefined], ['colour == "red"', undefined], ['python_version >= "3.9" and', undefined],
  ] as const)('%s: %s', (marker, expected) => expect(holds(marker, { target, extras: new Set(['fast']) })).toBe(expected));
});

describe("a constraint of Poetry's on Python 3.12", () => {
  it.each([
    ['*', true], ['^3.9', true], ['^2.7 || ^3.12', true], ['>=3.8,<3.12', false], ['>=3.8,<4.0', true], ['~3.11', false], ['~3.12', true], ['3.12.*', true], ['<3.12.4', true],
    ['>=2.7, !=3.0.*, !=3.1.*', true], ['>3.12', false], ['3.11', false], ['==3.12', true], ['>=3.7.1', true], ['whatever', undefined],
  ] as const)('%s: %s', (constraint, expected) => expect(allowsPython(constraint, target.python)).toBe(expected));
});
