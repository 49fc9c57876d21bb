import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { PlannedArtefact } from '../../src/build/plan.ts';
import { createFileIndex } from '../../src/graph/file-index.ts';
import { engineInputs } from '../../src/session/engine-inputs.ts';

it('names what an engine builds from: the context, a Dockerfile beside it, and the template\'s words, nothing else', () => {
  const root = mkdtempSync(join(tmpdir(), 'shear-engine-inputs-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'context'));
  const write = (path: string, text: string): void => writeFileSync(join(root, path), text);
  write('Dockerfile', 'FROM scratch\n');
  write('context/app.py', '1\n');
  const artefact: Extract<PlannedArtefact, { kind: 'buildkit' }> = {
    kind: 'buildkit', logicalId: 'Fn', fullPath: 'Fn', name: 'fn:v1', reason: 'RUN', place: null, dockerfile: join(root, 'Dockerfile'),
    context: join(root, 'context'), target: null, buildArgs: {}, platform: 'linux/amd64', verdicts: [],
  };
  const key = (over: Partial<typeof artefact> = {}): string => engineInputs({ ...artefact, ...over }, createFileIndex(undefined));
  const keys = [key(), key()];
  write('elsewhere.py', '1\n');
  keys.push(key());
  write('context/app.py', '22\n');
  keys.push(key());
  write('Dockerfile', 'FROM scratch\nUSER 1\n');
  keys.push(key());
  keys.push(key({ buildArgs: { A: '1' } }));
  expect(keys.map((one) => keys.indexOf(one))).toEqual([0, 0, 0, 3, 4, 5]);
});
