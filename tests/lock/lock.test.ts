import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digest, type NodeKey } from '../../src/base/digest.ts';
import { lockDrift } from '../../src/lock/drift.ts';
import { readLock, writeLock } from '../../src/lock/file.ts';
import { lockedWheels } from '../../src/lock/for-requirements.ts';
import { emptyLock, type Lock } from '../../src/lock/lock.ts';
import { parseLock } from '../../src/lock/parse.ts';
import { printLock } from '../../src/lock/print.ts';

const a = digest(`sha256:${'a'.repeat(64)}`);
const b = digest(`sha256:${'b'.repeat(64)}`);
const key = `key:${'c'.repeat(64)}` as NodeKey;
const base = 'public.ecr.aws/lambda/python:3.12';

const lock: Lock = {
  schema: 1,
  tools: { uv: '0.13.9' },
  bases: { [base]: { x86_64: { digest: a, index: b } } },
  wheels: {
    'six-1.17.0-py2.py3-none-any.whl': { name: 'six', version: '1.17.0', size: 11050, sha256: 'd'.repeat(64) },
    'click-8.0-py3-none-any.whl': { name: 'click', version: '8.0', size: 10, sha256: 'e'.repeat(64) },
  },
  ffmpeg: {},
  functions: { Convert: { platform: 'python3.12 x86_64', base, manifest: key, wheels: ['six-1.17.0-py2.py3-none-any.whl', 'click-8.0-py3-none-any.whl'], foundation: b } },
  layers: {},
};

const printed = `{
  "schema": 1,
  "bases": {
    "public.ecr.aws/lambda/python:3.12": { "x86_64": { "digest": "sha256:${'a'.repeat(64)}", "index": "sha256:${'b'.repeat(64)}" } }
  },
  "ffmpeg": {},
  "functions": {
    "Convert": {
      "base": "public.ecr.aws/lambda/python:3.12",
      "foundation": "sha256:${'b'.repeat(64)}",
      "manifest": "key:${'c'.repeat(64)}",
      "platform": "python3.12 x86_64",
      "wheels": [
        "click-8.0-py3-none-any.whl",
        "six-1.17.0-py2.py3-none-any.whl"
      ]
    }
  },
  "layers": {},
  "tools": {
    "uv": "0.13.9"
  },
  "wheels": {
    "click-8.0-py3-none-any.whl": { "name": "click", "sha256": "${'e'.repeat(64)}", "size": 10, "version": "8.0" },
    "six-1.17.0-py2.py3-none-any.whl": { "name": "six", "sha256": "${'d'.repeat(64)}", "size": 11050, "version": "1.17.0" }
  }
}
`;

const read = (text: string): ReturnType<typeof parseLock> => parseLock({ path: 'shear.lock', text });

describe('shear.lock', () => {
  it('is printed sorted, an entry a line', () => {
    expect(printLock(lock)).toBe(printed);
  });

  it('says the same when it is read again', () => {
    const again = read(printed);
    expect(again.ok && printLock(again.value)).toBe(printed);
    expect(again.ok && lockDrift(lock, again.value)).toEqual([]);
  });

  it('keeps any names', () => {
    const files = fc.dictionary(fc.string({ unit: 'binary' }).filter((name) => name !== '__proto__'), fc.record({ name: fc.string(), version: fc.string(), size: fc.nat(), sha256: fc.constant('0'.repeat(64)) }));
    fc.assert(fc.property(files, (wheels) => {
      const again = read(printLock({ ...emptyLock, wheels }));
      expect(again.ok && again.value.wheels).toEqual({ ...wheels });
    }));
  });

  it.each([
    ['{', /^shear\.lock is no JSON$/u, 1],
    [printed.replace('"size": 10,', '"size": "10",'), /cannot be used: "wheels" → "click-8\.0-py3-none-any\.whl" → "size" is no number of bytes$/u, 24],
    [printed.replace('a'.repeat(64), 'a'), /"bases" → "public\.ecr\.aws\/lambda\/python:3\.12" → "x86_64" → "digest" is no digest/u, 4],
    [printed.replace('"schema": 1', '"schema": 2'), /cannot be used: it has schema 2, and this version of shear knows schema 1$/u, 2],
    [printed.replace('      "platform": "python3.12 x86_64",\n', ''), /"functions" → "Convert" → "platform" is missing$/u, 8],
    [`{\n  "schema": 1,\n<<<<<<< HEAD\n  "tools": {}\n=======\n>>>>>>> other\n}\n`, /holds an unresolved merge conflict$/u, 3],
    ['[]', /cannot be used: it is no object$/u, 1],
  ])('tells what is wrong with %#, and where', (text, what, line) => {
    const result = read(text);
    expect(result.ok).toBe(false);
    if (result.ok) return;
    expect(result.error.code).toBe('lock/invalid');
    expect(result.error.what).toMatch(what);
    expect(result.error.place).toMatchObject({ file: 'shear.lock', line });
  });

  it('is written only when it changes, and leaves no temporary file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'shear-lock-'));
    expect(readLock(folder)).toEqual({ ok: true, value: undefined });
    expect(writeLock(folder, lock)).toBe(true);
    expect(writeLock(folder, lock)).toBe(false);
    expect(readFileSync(join(folder, 'shear.lock'), 'utf8')).toBe(printed);
    expect(readdirSync(folder)).toEqual(['shear.lock']);
    writeFileSync(join(folder, 'shear.lock'), 'x');
    expect(readLock(folder).ok).toBe(false);
  });
});

describe('drift', () => {
  const convert = lock.functions['Convert']!;
  const newer = { 'six-1.18.0-py2.py3-none-any.whl': { name: 'six', version: '1.18.0', size: 1, sha256: '1'.repeat(64) }, 'new-1-py3-none-any.whl': { name: 'new', version: '1', size: 1, sha256: '2'.repeat(64) } };

  it.each<[string, Lock, readonly string[]]>([
    ['a package', { ...lock, wheels: { ...lock.wheels, ...newer }, functions: { Convert: { ...convert, wheels: Object.keys(newer) } } }, [
      'function Convert no longer needs click 8.0', 'function Convert needs new 1, which is not in the lock', 'function Convert needs six 1.18.0, the lock says 1.17.0',
    ]],
    ['a base', { ...lock, bases: { [base]: { x86_64: { digest: b } } } }, [`base image ${base} moved for x86_64 from ${a} to ${b}`]],
    ['an architecture', { ...lock, bases: { [base]: { x86_64: { digest: a }, arm64: { digest: b } } } }, [`base image ${base} is not locked for arm64`]],
    ['requirements', { ...lock, functions: { Convert: { ...convert, manifest: `key:${'0'.repeat(64)}` as NodeKey } } }, ['function Convert has requirements that changed since they were locked']],
    ['a function more', { ...lock, functions: { ...lock.functions, Other: convert } }, ['function Other is not in the lock']],
    ['a function less', { ...lock, functions: {} }, ['function Convert is in the lock, and the project no longer has it']],
    ['a platform', { ...lock, functions: { Convert: { ...convert, platform: 'python3.12 arm64' } } }, ['function Convert is built for python3.12 arm64, the lock says python3.12 x86_64']],
    ['a foundation', { ...lock, functions: { Convert: { ...convert, foundation: a } } }, [`function Convert builds to the image foundation ${a}, the lock predicts ${b}`]],
    ['a wheel\'s bytes', { ...lock, wheels: { ...lock.wheels, 'click-8.0-py3-none-any.whl': { name: 'click', version: '8.0', size: 10, sha256: 'f'.repeat(64) } } }, [
      `wheel click-8.0-py3-none-any.whl has the sha256 ${'f'.repeat(64)}, the lock says ${'e'.repeat(64)}`,
    ]],
    ['a tool', { ...lock, tools: { uv: '0.14.0' } }, []],
  ])('of %s is told in words', (_name, wanted, expected) => {
    expect(lockDrift(lock, wanted).map(({ subject, what }) => `${subject} ${what}`)).toEqual(expected);
  });
});

describe('taking wheels from the lock', () => {
  it('reuses them for the same requirements and platform', () => {
    const decision = lockedWheels(lock, 'Convert', { platform: 'python3.12 x86_64', manifest: key });
    expect(decision.kind === 'reuse' && decision.wheels.map(({ fileName, version }) => `${fileName} ${version}`)).toEqual(['six-1.17.0-py2.py3-none-any.whl 1.17.0', 'click-8.0-py3-none-any.whl 8.0']);
  });

  it.each([
    [undefined, 'Convert', 'python3.12 x86_64', key, 'there is no shear.lock'],
    [lock, 'Other', 'python3.12 x86_64', key, 'Other is not in shear.lock'],
    [lock, 'Convert', 'python3.12 arm64', key, 'shear.lock has Convert for python3.12 x86_64, and it is built for python3.12 arm64'],
    [lock, 'Convert', 'python3.12 x86_64', `key:${'0'.repeat(64)}` as NodeKey, 'the requirements of Convert changed since shear.lock was written'],
    [{ ...lock, wheels: {} }, 'Convert', 'python3.12 x86_64', key, 'shear.lock names six-1.17.0-py2.py3-none-any.whl for Convert and does not say what it is'],
  ])('resolves anew otherwise, and says why', (given, name, platform, manifest, why) => {
    expect(lockedWheels(given, name, { platform, manifest })).toEqual({ kind: 'resolve', why });
  });
});
