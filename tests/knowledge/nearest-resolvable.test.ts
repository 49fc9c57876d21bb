import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/fault.ts';
import { compileRequirements } from '../../src/knowledge/compile-requirements.ts';
import { explainUnresolvable } from '../../src/knowledge/nearest-resolvable.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import { openProject } from '../../src/project/open.ts';
import type { Unresolvable } from '../../src/rules/knowledge.ts';
import { requirementsUses } from '../../src/rules/requirements-use.ts';
import { testHost } from '../support/host.ts';
import { startPackageIndex } from '../support/package-index.ts';
import { findTestUv } from '../support/uv.ts';
import { makeWheel } from '../support/wheel.ts';

const uv = await findTestUv();
const wheels = [
  makeWheel({ name: 'app', version: '1.0', requires: ['lib<2'] }),
  makeWheel({ name: 'app', version: '1.4', requires: ['lib>=2'] }),
  makeWheel({ name: 'lib', version: '1.9' }),
  makeWheel({ name: 'lib', version: '2.0' }),
  makeWheel({ name: 'lib', version: '2.5' }),
  makeWheel({ name: 'other', version: '1.0', requires: ['lib==1.9'] }),
  makeWheel({ name: 'other', version: '3.0', requires: ['lib==2.5'] }),
  makeWheel({ name: 'third', version: '1.0', requires: ['lib==2.0'] }),
  makeWheel({ name: 'third', version: '2.0', requires: ['lib==2.5'] }),
  makeWheel({ name: 'scikit-learn', version: '1.5.0' }),
];
const template = 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties: {Runtime: python3.12, Handler: app.handler, CodeUri: .}\n';

/** What is made of a requirements file that cannot be resolved. */
async function explained(requirements: string): Promise<Unresolvable> {
  await using index = await startPackageIndex(wheels);
  const folder = mkdtempSync(join(tmpdir(), 'shear-unresolvable-'));
  writeFileSync(join(folder, 'template.yaml'), template);
  writeFileSync(join(folder, 'requirements.txt'), requirements);
  const host = testHost({ cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, SHEAR_UV: uv, UV_CACHE_DIR: join(folder, '.cache'), UV_DEFAULT_INDEX: index.url, UV_HTTP_RETRIES: '0' } });
  const project = await openProject(host, { folder });
  const [use] = requirementsUses(project, resolveModel(project));
  const [target] = use?.targets ?? [];
  if (!use || !target) throw new Error('the project has no requirements');
  const error: unknown = await compileRequirements(host, use, target).catch((reason: unknown) => reason);
  if (!(error instanceof Failure)) throw error;
  expect(error.fault.code).toBe('dependencies/unresolvable');
  return await explainUnresolvable(host, use, target, error.fault.why ?? '');
}

describe.skipIf(uv === undefined)('the nearest set that can be resolved', () => {
  it('changes one line, the one whose version moves least', async () => {
    const found = await explained('app==1.0\nlib==2.0  # ours\n');
    expect(found.concerned).toEqual(['app', 'lib']);
    expect(found.proposal).toEqual([{ name: 'app', from: 'app==1.0', to: 'app==1.4' }]);
  });

  it('takes the next lower version of one that is not there', async () => {
    expect((await explained('lib[x]==2.4 ; python_version >= "3"\n')).proposal).toEqual([{ name: 'lib', from: 'lib[x]==2.4 ; python_version >= "3"', to: 'lib[x]==2.5' }]);
  });

  it('changes several lines where one is not enough, and no more', async () => {
    const { proposal } = await explained('app==1.0\nthird==1.0\nother==3.0\n');
    expect(proposal?.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'app', from: 'app==1.0', to: 'app==1.4' },
      { name: 'third', from: 'third==1.0', to: 'third==2.0' },
    ]);
  });

  it('puts the right name in place of a withdrawn one', async () => {
    expect((await explained('sklearn\n')).proposal).toEqual([{ name: 'sklearn', from: 'sklearn', to: 'scikit-learn' }]);
  });

  it('proposes nothing where nothing is near', async () => {
    const found = await explained('lib\nnowhere-to-be-found\n');
    expect(found).toEqual({ why: 'the package index has no nowhere-to-be-found', concerned: ['nowhere-to-be-found'], proposal: undefined });
  });
});
