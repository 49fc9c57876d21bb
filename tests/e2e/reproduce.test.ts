import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { shear } from '../../scripts/scenario/shear-cli.ts';
import { isBuilt } from './built-project.ts';

const template = (method: string): string => `Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: ${method} }
    Properties: { Runtime: python3.12, Handler: app.handler, CodeUri: ../code }
`;

describe.runIf(isBuilt)('shear build --check', () => {
  const root = mkdtempSync(join(tmpdir(), 'shear-reproduce-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  function project(name: string, files: Readonly<Record<string, string>>): string {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name, path)), { recursive: true });
      writeFileSync(join(root, name, path), text);
    }
    return join(root, name, 'sam');
  }
  const check = (cwd: string) => shear(['build', '--check'], { cwd, env: { SHEAR_CACHE: join(root, 'cache'), NO_COLOR: '1' } });

  it('says which functions came out the same, with code outside the project folder', async () => {
    const { code, stderr } = await check(project('same', { 'sam/template.yaml': template('python3.12'), 'code/app.py': 'def handler(event, context):\n    return 1\n', 'code/data/a.txt': 'a' }));
    expect(stderr).toContain('the same bytes (Fn)');
    expect(code).toBe(0);
  });

  it('names the file that came out differently', async () => {
    const makefile = 'build-Fn:\n\tcp app.py $(ARTIFACTS_DIR)\n\tpwd > $(ARTIFACTS_DIR)/where.txt\n';
    const { code, stderr } = await check(project('other', { 'sam/template.yaml': template('makefile'), 'code/app.py': '', 'code/Makefile': makefile }));
    expect(code).toBe(3);
    expect(stderr).toContain('error: Fn came out differently the second time');
    expect(stderr).toMatch(/where\.txt: (?:size|its bytes differ)/u);
    expect(stderr).toContain('[build/not-reproducible]');
  });
});
