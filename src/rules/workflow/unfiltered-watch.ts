import { resolve } from 'node:path';
import { sizesByPath } from '../../model/files-below.ts';
import type { SamParameter } from '../../model/samconfig.ts';
import { handlerOf, testsOf } from '../../workflow/handlers.ts';
import { optionOf, profilesOf, samCommand } from '../sam-profiles.ts';
import { watchedFolder, watchExcludes } from '../sam-settings.ts';
import { optionsFix } from '../samconfig-edit.ts';
import { listed } from '../template-use.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** A watching sync that starts for nothing, or never. */
export const unfilteredWatch: RuleDefinition<'samconfig'> = defineRule({
  id: 'workflow/unfiltered-watch',
  subject: 'samconfig',
  title: 'sam sync that watches too much, or leaves out the code',
  severity: 'advice',
  since: '0.2.0',
  status: 'stable',
  safety: 'safe',
  after: ['samconfig/unwatched-sync'],
  *check(samconfig, context) {
    if (!samconfig) return;
    for (const profile of profilesOf(context.project)) {
      if (optionOf(context.project, profile, 'sync', 'watch')?.value !== true) continue;
      const option = optionOf(context.project, profile, 'sync', 'watch_exclude');
      const excludes = option ? excludesOf(option) : [];
      if (!excludes) continue;
      const at = { file: samconfig.source, span: option?.span ?? optionOf(context.project, profile, 'sync', 'watch')?.span ?? { start: 0, end: 0 } };
      yield* hidden(excludes, at, context);
      yield* unfiltered(profile, excludes, option, at, context);
    }
  },
});

/** `Function=regular expression`, taken apart. */
interface Exclude {
  readonly id: string;
  readonly pattern: string;
}

/** The entries in any of sam's forms; undefined where they are none of these. */
function excludesOf({ value }: SamParameter): readonly Exclude[] | undefined {
  if (typeof value === 'string') return excludesOf({ value: [value] } as unknown as SamParameter);
  if (Array.isArray(value)) {
    return value.every((one) => typeof one === 'string') ? (value as readonly string[]).map((one) => ({ id: one.split('=')[0] ?? '', pattern: one.slice(one.indexOf('=') + 1) })) : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).flatMap(([id, patterns]) => (Array.isArray(patterns) ? patterns : [patterns]).map((pattern) => ({ id, pattern: String(pattern) })));
}

/** sam looks for an expression anywhere in the absolute path; undefined for what is valid in Python alone. */
function expression(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return undefined;
  }
}

/** Entries that keep a handler's own file from being synced, or that are for nothing in the project. */
function* hidden(excludes: readonly Exclude[], at: Draft['at'], { model, project }: RuleContext): Iterable<Draft> {
  const known = new Set([...model.templates.flatMap(({ resources }) => resources.map(({ logicalId }) => logicalId)), ...model.functions.map(({ fullPath }) => fullPath)]);
  const unknown = excludes.filter(({ id }) => !known.has(id));
  if (unknown.length > 0) {
    yield { message: `watch_exclude has expressions for ${listed([...new Set(unknown.map(({ id }) => id))])}, which no template of the project has: sam leaves out nothing for ${unknown.length === 1 ? 'it' : 'them'}`, at, advice: 'write the logical ID of the function before the equals sign' };
  }
  for (const fn of model.functions) {
    const folder = watchedFolder(fn);
    const module = handlerOf(fn)?.replace(/\.\w+$/u, '').replaceAll('.', '/');
    if (folder === undefined || module === undefined) continue;
    const files = ['.py', '.js', '.mjs', '.cjs', '.ts'].map((end) => resolve(folder, module + end)).filter((path) => sizesByPath(project).has(path));
    const hiding = excludes.find(({ id, pattern }) => id === fn.fullPath && files.length > 0 && files.every((path) => expression(pattern)?.test(path.slice(folder.length)) === true));
    if (hiding) yield { message: `watch_exclude hides ${module} of ${fn.fullPath}, its handler, by ${JSON.stringify(hiding.pattern)}: what is saved there never reaches the stack`, severity: 'warning', at, advice: 'take the expression out, or narrow it to what is no code' };
  }
}

const probes: Readonly<Record<string, string>> = { __pycache__: '/project/__pycache__/app.pyc', [String.raw`\.git\b`]: '/project/.git/index' };

/** Files of git and Python that start a sync of a function. */
function* unfiltered(profile: string, excludes: readonly Exclude[], option: SamParameter | undefined, at: Draft['at'], { model, project }: RuleContext): Iterable<Draft> {
  const hasTests = testsOf(project).some(({ path }) => path.endsWith('.py'));
  const lacking = watchExcludes(model, project).filter((wanted) => {
    // Nothing but tests runs Python in the folder.
    if (wanted.endsWith('=__pycache__') && !hasTests) return false;
    const [id, pattern] = [wanted.slice(0, wanted.indexOf('=')), wanted.slice(wanted.indexOf('=') + 1)];
    return !excludes.some((one) => one.id === id && expression(one.pattern)?.test(probes[pattern] ?? '') === true);
  });
  if (lacking.length === 0) return;
  const hasGit = lacking.some((one) => one.includes('git'));
  const hasBytecode = lacking.some((one) => one.includes('__pycache__'));
  const functions = [...new Set(lacking.map((one) => one.slice(0, one.indexOf('='))))];
  const text = option ? project.samconfig?.source.text.slice(option.span.start, option.span.end) : '';
  const isPlain = !option || ((typeof option.value === 'string' || Array.isArray(option.value)) && text?.includes('\n') === false);
  const title = `leave ${hasGit && hasBytecode ? '.git and __pycache__' : hasGit ? '.git' : '__pycache__'} out of what sync watches`;
  const settings = [{ profile, command: 'sync', key: 'watch_exclude', value: [...excludes.map(({ id, pattern }) => `${id}=${pattern}`), ...lacking] }];
  yield {
    message: `\`${samCommand('sync', profile)}\` starts for nothing: ${hasGit && hasBytecode ? 'a commit, or a test that writes bytecode,' : hasGit ? 'a commit' : 'a test that writes bytecode'} changes files in the folder of ${listed(functions)}`,
    at,
    ...(isPlain ? optionsFix(project.samconfig, settings, title) : { advice: `${title}: add ${listed(lacking)}` }),
  };
}
