import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { isGitIgnored } from '../../src/model/git-ignored.ts';
import { readGitignores } from '../../src/project/read-gitignores.ts';

const cases: readonly (readonly [top: string, own: string])[] = [
  ['', '*.local.*\n'], ['', '*.local.*\n!env.local.json\n'], ['', '/env.local.json\n'], ['', '# env.local.json\n'], ['', 'env.local.json/\n'],
  ['*.json\n', ''], ['/env.local.json\n', ''], ['app/*.local.json\n', ''], ['app/\n', ''], ['', 'local\n'], ['', '*.dev.json\r\n'], ['', '**/env.*\n'],
];

it.each(cases)('says what git says of %j above and %j in the project', (top, own) => {
  const repository = mkdtempSync(join(tmpdir(), 'shear-ignored-'));
  onTestFinished(() => rmSync(repository, { recursive: true, force: true }));
  const folder = join(repository, 'app');
  mkdirSync(folder);
  spawnSync('git', ['init', '-q'], { cwd: repository });
  writeFileSync(join(repository, '.gitignore'), top);
  writeFileSync(join(folder, '.gitignore'), own);
  for (const path of ['env.local.json', 'env.dev.json']) {
    const told = spawnSync('git', ['check-ignore', '-q', path], { cwd: folder }).status === 0;
    expect(isGitIgnored({ gitignores: readGitignores(folder) }, path), path).toBe(told);
  }
});
