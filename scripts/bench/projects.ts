import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { timed } from '../scenario/shear-cli.ts';
import { repository } from '../script-host.ts';

/** A copy of an example in a git repository of its own, as a user has it. */
export async function copyExample(name: string, to: string, extraFiles = 0): Promise<string> {
  cpSync(join(repository, 'examples', name), to, { recursive: true, filter: (path) => !/\/(?:\.aws-sam|__pycache__)(?:\/|$)/u.test(path) });
  if (extraFiles > 0) addFiles(to, extraFiles);
  const git = async (...args: readonly string[]): Promise<void> => {
    await timed('git', ['-c', 'user.name=example', '-c', 'user.email=example@example.org', ...args], { cwd: to });
  };
  await git('init', '-q');
  writeFileSync(join(to, '.gitignore'), '.aws-sam/\n__pycache__/\n');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'As it was');
  return to;
}

/** Small data files that the function's image carries; a Dockerfile that copies by name gets a line for them. */
function addFiles(project: string, count: number): void {
  for (let i = 0; i < count; i++) {
    const folder = join(project, 'data', String(Math.floor(i / 100)).padStart(3, '0'));
    if (i % 100 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${i}.json`), JSON.stringify({ number: i, square: i * i, text: 'x'.repeat(i % 400) }));
  }
  const path = join(project, 'Dockerfile');
  const text = readFileSync(path, 'utf8');
  if (/^COPY \. /mu.test(text)) return;
  writeFileSync(path, text.replace(/^(COPY app\.py .*)$/mu, 'COPY data ./data\n$1'));
  writeFileSync(join(project, '.dockerignore'), `${readFileSync(join(project, '.dockerignore'), 'utf8')}!data\n`);
}
