import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveModel } from '../../src/model/resolve.ts';
import { openProject } from '../../src/project/open.ts';
import { requirementsUses } from '../../src/rules/requirements-use.ts';
import { dynamicLoading, unseenCode } from '../../src/rules/unseen-code.ts';
import { testHost } from '../support/host.ts';

describe('a source that may load what it does not name', () => {
  it.each([
    ['import json\nprint("pickle")\n', undefined],
    ['from joblib import load\n', 'loads objects with joblib, whose classes may be of any package'],
    ['import subprocess\nsubprocess.run(["ffmpeg", "-i", "a.mp4"])\n', undefined],
    ['import subprocess\nsubprocess.run(["python3", "x"])\n', 'starts Python programs, which may import what it does not'],
    ['import subprocess\nsubprocess.run("/opt/run.sh now", shell=True)\n', 'starts Python programs, which may import what it does not'],
    ['import os, sys\nos.execv(sys.executable, ["x"])\n', 'starts Python programs, which may import what it does not'],
    ['import os\nos.system("ls")\nx = "main.py"\n', 'starts Python programs, which may import what it does not'],
    ['x = "main.py"\n', undefined],
  ])('%j', (text, expected) => {
    expect(dynamicLoading({ path: 'app.py', text })).toBe(expected);
  });
});

describe('code that is not looked at', () => {
  it.each([
    ['nothing of the kind', {}, undefined],
    ['a compiled module', { 'src/fast.so': '' }, 'what src/fast.so uses is not looked at'],
    ['a script', { 'src/bin/start.sh': '' }, 'what src/bin/start.sh uses is not looked at'],
    ['bytecode of sources', { 'src/__pycache__/app.cpython-312.pyc': '' }, undefined],
    ['a script elsewhere', { 'scripts/deploy.sh': '' }, undefined],
    ['a git submodule', { '.gitmodules': '' }, 'a part of the code is in a git submodule'],
    ['a Python file in another encoding', { 'src/old.py': Buffer.from([0xe9]) }, 'src/old.py could not be read'],
  ])('%s', async (_, files, expected) => {
    expect(await reasonFor(files)).toBe(expected);
  });

  it('a link to a folder beside the code', async () => {
    expect(await reasonFor({ 'shared/x.py': '' }, (folder) => symlinkSync('../shared', join(folder, 'src/shared')))).toBe('what the link src/shared leads to is not looked at');
  });
});

/** What is said of a project with one zip function in `src`, and further files. */
async function reasonFor(files: Readonly<Record<string, string | Buffer>>, more: (folder: string) => void = () => {}): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'shear-unseen-'));
  const all = { 'template.yaml': 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties: {Runtime: python3.12, Handler: app.handler, CodeUri: src/}\n', 'src/requirements.txt': 'six\n', 'src/app.py': '', ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  more(folder);
  const project = await openProject(testHost({ cwd: folder }), { folder });
  const [use] = requirementsUses(project, resolveModel(project));
  if (!use) throw new Error('the project has no requirements');
  return unseenCode(use, project, [join(folder, 'src')]);
}
