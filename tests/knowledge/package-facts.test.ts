import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { packageFacts } from '../../src/knowledge/package-facts.ts';
import { openStore } from '../../src/store/store.ts';
import { testHost } from '../support/host.ts';
import { startPackageIndex } from '../support/package-index.ts';
import { findTestUv } from '../support/uv.ts';
import { makeWheel } from '../support/wheel.ts';

const uv = await findTestUv();

describe.skipIf(uv === undefined)('what a wheel tells of its package', () => {
  it('weighs what runs do not need, by kind, and keeps folders that users import from', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shear-facts-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    await using index = await startPackageIndex([makeWheel({
      name: 'heavy', version: '1.0',
      files: [
        { name: 'heavy/__init__.py', text: 'x' }, { name: 'heavy/tests/test_a.py', text: '12345' }, { name: 'heavy/deep/test/data.bin', text: '123' },
        { name: 'heavy/testing/__init__.py', text: '1234567' }, { name: 'heavy/core.pyi', text: '1234' }, { name: 'heavy/include/core.h', text: '12' }, { name: 'heavy/docs/a.md', text: '1' },
      ],
    })]);
    const env = { HOME: folder, PATH: process.env['PATH'], SHEAR_UV: uv, UV_DEFAULT_INDEX: index.url, UV_CACHE_DIR: join(folder, 'uv') };
    const host = testHost({ env, cwd: folder, cacheFolder: folder });
    const facts = await packageFacts(host, openStore(join(folder, 'store'), host.now), new Map([['heavy', '1.0']]), { target: { python: { major: 3, minor: 12 }, architecture: 'x86_64', glibc: [2, 34] }, cwd: folder });
    expect(facts.get('heavy')).toMatchObject({ modules: ['heavy'], unread: { tests: 8, 'type stubs': 4, headers: 2, documentation: 1 } });
  });
});
