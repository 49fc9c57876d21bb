import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { FileChange } from '../../src/edits/apply.ts';
import { cacheFolder } from '../script-host.ts';

/** What the linter says of changed templates that it did not say before; lines and columns, which may move, are left out. */
export async function newComplaints(python: string, changes: readonly FileChange[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { path, before, after } of changes) {
    if (before === undefined || after === undefined || !/\.(?:ya?ml|json|template)$/u.test(path) || !before.includes('Resources')) continue;
    const known = new Set(await complaints(python, before));
    // Of a template with duplicate keys it tells nothing but the outermost of them.
    const isUnread = [...known].some((line) => line.startsWith('E0000'));
    found.push(...(await complaints(python, after)).filter((line) => !known.has(line) && !isUnread).map((line) => `${path}: ${line}`));
  }
  return found;
}

/** Where a complaint stands, and what else the template has, change with every edit. */
function withoutPlaces(line: string): string {
  return line.replace(/\(line \d+\)/gu, '').replace(/ is not one of \[.*\]/u, ' is not one of them');
}

/** By the text's digest: a run that was stopped goes on where it was. */
async function complaints(python: string, text: string): Promise<readonly string[]> {
  const folder = join(cacheFolder, 'complaints');
  const path = join(folder, createHash('sha256').update(text).digest('hex'));
  if (existsSync(path)) return (JSON.parse(readFileSync(path, 'utf8')) as readonly string[]).map(withoutPlaces);
  const answer = await ask(python, text);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, answer);
  return (JSON.parse(answer) as readonly string[]).map(withoutPlaces);
}

let server: { readonly child: ChildProcess; readonly answers: AsyncIterator<string> } | undefined;

async function ask(python: string, text: string): Promise<string> {
  server ??= start(python);
  server.child.stdin?.write(`${JSON.stringify(text)}\n`);
  const { value, done } = await server.answers.next();
  if (done === true) throw new Error('the linter ended');
  return value;
}

function start(python: string): { readonly child: ChildProcess; readonly answers: AsyncIterator<string> } {
  const child = spawn(python, [join(import.meta.dirname, 'lint-server.py')], { stdio: ['pipe', 'pipe', 'ignore'] });
  return { child, answers: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

/** Ends the linter. */
export function stopLinter(): void {
  server?.child.kill();
  server = undefined;
}
