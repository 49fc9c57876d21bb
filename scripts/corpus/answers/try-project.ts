import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Host, ProcessResult } from '../../../src/base/host.ts';
import type { LambdaFunction } from '../../../src/model/function.ts';
import { resolveModel } from '../../../src/model/resolve.ts';
import { openProject } from '../../../src/project/open.ts';
import { functionEvents, type FunctionEvents } from '../../../src/workflow/function-events.ts';
import { repository } from '../../script-host.ts';
import type { Target } from '../outcome.ts';
import { compareAnswers, readAnswer, type Answer, type Verdict } from './compare.ts';

/** What became of one function. */
export interface FunctionRow {
  readonly name: string;
  readonly runtime: string;
  /** The event file's path, `made` for one after its event source, `{}` where nothing is known. */
  readonly event: string;
  /** Absent where it could not be built or run before the fix either. */
  readonly safe?: Verdict;
  /** After `fix --yes --unsafe`. */
  readonly unsafe?: Verdict;
  /** Why there is nothing to compare. */
  readonly reason?: string;
  /** What the function failed with, before and after alike. */
  readonly error?: string;
}

/** What became of one project. */
export interface ProjectRow {
  readonly functions: readonly FunctionRow[];
  readonly fixes: { readonly safe: readonly string[]; readonly unsafe: readonly string[] };
  /** Of `sam build`, before and after; absent where it was not tried. */
  readonly sam?: { readonly before: boolean; readonly after: boolean; readonly words: string };
}

/** How a project is tried. */
export interface TryOptions {
  /** Tried in the template's order. */
  readonly mostFunctions: number;
  readonly sam: string | undefined;
  /** For shear: mirrors and the like. */
  readonly env: Readonly<Record<string, string>>;
}

/** Answers by function, from one state of the project. */
type Answers = ReadonlyMap<string, Answer | { readonly reason: string }>;

interface Place {
  readonly host: Host;
  readonly folder: string;
  readonly template: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Builds and invokes a copy before and after `fix --yes`, and after `--unsafe` as well, with the same events. */
export async function tryProject(host: Host, target: Target, { mostFunctions, sam, env }: TryOptions): Promise<ProjectRow> {
  if ((await subjectsOf({ host, folder: target.folder, template: target.template, env })).length === 0) return { functions: [], fixes: { safe: [], unsafe: [] } };
  const work = mkdtempSync(join(tmpdir(), 'shear-answers-'));
  try {
    const copy = join(work, 'copy');
    // What a template reaches for outside of its folder comes along.
    const root = readFileSync(join(target.folder, target.template), 'utf8').includes('../') ? target.root : target.folder;
    cpSync(root, copy, { recursive: true, verbatimSymlinks: true, filter: (path) => !/\/(?:\.git|node_modules|\.aws-sam)$/u.test(path) });
    const place: Place = { host, folder: join(copy, relative(root, target.folder)), template: target.template, env };
    const subjects = (await subjectsOf(place)).slice(0, mostFunctions);
    const events = new Map(subjects.map((one, number) => [one.subject.fullPath, writeEvent(work, number, one, place.folder)]));
    const answersNow = async (): Promise<Answers> => await askAll(place, subjects.map(({ subject }) => subject), events);
    const before = await answersNow();
    const again = await answersNow();
    const runs = [...before.values()].some((one) => 'leaves' in one);
    const samBefore = sam !== undefined && runs ? await samBuild(place, sam) : undefined;
    const safeFixes = runs ? await fix(place, []) : [];
    const safe = safeFixes.length > 0 ? await answersNow() : before;
    const samAfter = sam !== undefined && samBefore && safeFixes.length > 0 ? await samBuild(place, sam) : samBefore;
    const unsafeFixes = runs ? await fix(place, ['--unsafe']) : [];
    const unsafe = unsafeFixes.length > 0 ? await answersNow() : safe;
    return {
      functions: subjects.map(({ subject }) => rowOf(subject, events.get(subject.fullPath)?.name ?? '{}', { before, again, safe, unsafe })),
      fixes: { safe: safeFixes, unsafe: unsafeFixes },
      ...(samBefore && samAfter ? { sam: { before: samBefore.isBuilt, after: samAfter.isBuilt, words: samAfter.words } } : {}),
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function subjectsOf({ host, folder, template }: Place): Promise<readonly FunctionEvents[]> {
  const project = await openProject(host, { folder, template, allowsMissingTemplates: true });
  return functionEvents(project, resolveModel(project)).filter(({ subject }) => subject.package.kind === 'image' || (subject.package.kind === 'zip' && /^(?:python|nodejs)/u.test(subject.package.runtime)));
}

/** The project's own event where one is surely or likely for the function, else one made after its event source. */
function writeEvent(work: string, number: number, { own, missing }: FunctionEvents, folder: string): { readonly name: string; readonly path: string } {
  const [first] = own;
  const made = missing[0]?.edit.text;
  const path = join(work, `event-${number}.json`);
  writeFileSync(path, first ? readFileSync(join(folder, first.path)) : (made ?? '{}'));
  return { path, name: first?.path ?? (made === undefined ? '{}' : 'made') };
}

async function askAll(place: Place, subjects: readonly LambdaFunction[], events: ReadonlyMap<string, { readonly path: string }>): Promise<Answers> {
  const answers = new Map<string, Answer | { readonly reason: string }>();
  for (const { fullPath } of subjects) {
    const built = await shear(place, ['build', fullPath, '--quiet']);
    if (built.code !== 0) {
      answers.set(fullPath, { reason: `not built: ${firstLine(built)}` });
      continue;
    }
    const invoked = await shear(place, ['invoke', fullPath, '--no-build', '--json', '--quiet', '-e', events.get(fullPath)?.path ?? '']);
    const answer = readAnswer(invoked.stdout);
    answers.set(fullPath, answer.kind === 'no-answer' ? { reason: `not run: ${firstLine(invoked)}` } : answer);
  }
  return answers;
}

function rowOf(subject: LambdaFunction, event: string, { before, again, safe, unsafe }: { readonly before: Answers; readonly again: Answers; readonly safe: Answers; readonly unsafe: Answers }): FunctionRow {
  const name = subject.fullPath;
  const row = { name, event, runtime: subject.package.kind === 'zip' ? subject.package.runtime : 'image' };
  const [first, second] = [before.get(name), again.get(name)];
  if (!first || !('leaves' in first)) return { ...row, reason: first?.reason ?? 'not tried' };
  const verdict = (after: Answers): Verdict => {
    const one = after.get(name);
    if (!one || !('leaves' in one)) return { kind: 'different', paths: [one?.reason ?? 'not tried'] };
    return compareAnswers(first, second && 'leaves' in second ? second : first, one);
  };
  return { ...row, safe: verdict(safe), unsafe: verdict(unsafe), ...(first.kind === 'error' ? { error: `${first.leaves['errorType'] ?? ''}: ${first.leaves['errorMessage'] ?? ''}`.slice(0, 160) } : {}) };
}

/** The rules whose fixes were written. */
async function fix(place: Place, flags: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await shear(place, ['fix', '--yes', '--allow-dirty', ...flags]);
  const [, names] = /wrote \d+ files? \(([^)]*)\)/u.exec(`${stdout}\n${stderr}`) ?? [];
  if (names !== undefined) return names.split(', ');
  return code > 1 ? [`failed: ${firstLine({ code, stdout, stderr })}`] : [];
}

async function samBuild({ host, folder, template }: Place, sam: string): Promise<{ readonly isBuilt: boolean; readonly words: string }> {
  rmSync(join(folder, '.aws-sam'), { recursive: true, force: true });
  const built = await host.run(sam, ['build', '--template', template, '--region', 'us-east-1'], { cwd: folder, env: { SAM_CLI_TELEMETRY: '0' }, timeout: 300_000 });
  rmSync(join(folder, '.aws-sam'), { recursive: true, force: true });
  return { isBuilt: built.code === 0, words: built.code === 0 ? '' : (built.stderr.trim().split('\n').at(-1) ?? '') };
}

async function shear({ host, folder, template, env }: Place, args: readonly string[]): Promise<ProcessResult> {
  return await host.run(process.execPath, [join(repository, 'dist', 'shear.cjs'), ...args, '--template', template, '--project', folder], { cwd: folder, env, timeout: 180_000 });
}

function firstLine({ code, stdout, stderr }: ProcessResult): string {
  const lines = [...stderr.split('\n'), ...stdout.split('\n')].map((line) => line.trim()).filter((line) => line !== '');
  return (lines.find((line) => /^error/u.test(line)) ?? lines.at(-1) ?? `exit code ${code}`).slice(0, 200);
}
