import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Event } from '../../src/base/event.ts';
import { gatherKnowledge } from '../../src/knowledge/gather.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import { openProject } from '../../src/project/open.ts';
import { openStore } from '../../src/store/store.ts';
import { testHost } from '../support/host.ts';
import { findTestUv } from '../support/uv.ts';

const uv = await findTestUv();
const template = 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties: {Runtime: python3.12, Handler: app.handler, CodeUri: src/}\n';

describe.skipIf(uv === undefined)('a package index that cannot be asked', () => {
  it.each([
    ['does not answer', { UV_DEFAULT_INDEX: 'http://127.0.0.1:9/simple', NO_PROXY: '127.0.0.1' }, /an index that it needs does not answer/u],
    ['is not to be asked', { UV_DEFAULT_INDEX: 'http://127.0.0.1:9/simple', UV_OFFLINE: '1' }, /UV_OFFLINE/u],
  ])('is told of once and never taken for a conflict: one that %s', async (_, env, why) => {
    const folder = mkdtempSync(join(tmpdir(), 'shear-unasked-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'template.yaml'), template);
    writeFileSync(join(folder, 'src/app.py'), 'import lib\n');
    writeFileSync(join(folder, 'src/requirements.txt'), 'lib\n');
    const events: Event[] = [];
    const host = testHost({ cwd: folder, cacheFolder: folder, emit: (event) => void events.push(event), env: { PATH: process.env['PATH'], HOME: folder, SHEAR_UV: uv, UV_CACHE_DIR: join(folder, '.cache'), UV_HTTP_RETRIES: '0', ...env } });
    const project = await openProject(host, { folder });
    const store = openStore(join(folder, 'store'), host.now);
    const first = await gatherKnowledge(host, project, resolveModel(project), { store });
    const second = await gatherKnowledge(host, project, resolveModel(project), { store, before: first });
    expect(second.unresolvable.size).toBe(0);
    const told = events.flatMap((event) => (event.kind === 'warning' ? [event.text] : []));
    expect(told).toEqual([expect.stringMatching(/^src\/requirements\.txt: what has to be asked for is left out of the findings and fixes/u)]);
    expect(told[0]).toMatch(why);
  });
});
