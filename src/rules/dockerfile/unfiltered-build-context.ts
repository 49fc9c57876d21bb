import { join, posix, relative, sep } from 'node:path';
import type { SourceFile } from '../../base/source.ts';
import type { Edit, Fix } from '../../edits/edit.ts';
import { filesBelow } from '../../model/files-below.ts';
import type { Project, ProjectFile } from '../../project/project.ts';
import { dockerignoreFilter, parseDockerignore } from '../../syntax/dockerignore.ts';
import { newlineOf } from '../../syntax/newline.ts';
import { contextNeed } from '../context-need.ts';
import { alwaysLeftOut, itself, nodeModules, patternFor, type ContextPattern } from '../context-patterns.ts';
import { imageBuilds, type ImageBuild } from '../image-build.ts';
import { manifestInstalls } from '../manifest-installs.ts';
import { projectPath } from '../requirements-use.ts';
import { defineRule, type RuleContext, type RuleDefinition } from '../rule.ts';
import { secretOf } from '../secret-texts.ts';

/** A build context that takes in what no image needs. */
export const unfilteredBuildContext: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/unfiltered-build-context',
  subject: 'dockerfile',
  title: 'Build context that lets in what no image needs',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  *check(build, context) {
    const ignore = build.file.ignore;
    // One finding for each context, however many Dockerfiles share it.
    const first = imageBuilds(context.model).find((other) => other.file.context === build.file.context && other.file.ignore?.path === ignore?.path);
    if (first && first.file.path !== build.file.path) return;
    const old = dockerignoreFilter(ignore ? parseDockerignore(ignore.text) : []);
    const files = filesOf(build, context);
    const missing = patternsFor(build, files, old, context);
    const there = missing.filter((one) => isThere(one, build, context));
    const named = there.filter((one) => one.what !== itself);
    // What may come to lie there one day is not worth a finding where somebody has thought about the context.
    if (missing.length === 0 || (ignore && named.length === 0)) return;
    const fresh = dockerignoreFilter([...(ignore ? parseDockerignore(ignore.text) : []), ...missing.map(({ pattern }) => pattern)]);
    const gone = files.filter(({ path }) => old(path) && !fresh(path));
    const secrets = gone.filter(({ path }) => secretOf(path, textOf(build, path, context))?.isSure === true).map(({ path }) => path);
    const kinds = [...new Set((named.length > 0 ? named : there).map((one) => (isCacheBreaker(one, build) ? `${one.what} (its new random id undoes the cache at every \`sam build\`)` : one.what)))];
    const bytes = gone.reduce((sum, { size }) => sum + size, 0);
    const lead = ignore ? `${ignore.path} lets in` : 'there is no .dockerignore: the context takes in';
    yield {
      message: `${lead} ${kinds.join(', ') || 'whatever comes to lie there'}${secrets.length > 0 ? ` (${secrets.join(', ')})` : ''}`,
      severity: secrets.length > 0 ? 'error' : named.length > 0 ? 'warning' : 'advice',
      at: ignore ? { file: ignore, span: { start: 0, end: 0 } } : { file: build.dockerfile.source, span: firstCopy(build) },
      cost: { kind: 'measured', bytes, formula: `${gone.length} ${gone.length === 1 ? 'file' : 'files'} that the new patterns leave out${named.some((one) => one.always) ? '; the folders among them come on top' : ''}` },
      fix: fixOf(build, missing, context),
    };
    if (ignore && !isReadBySam(build, context)) {
      yield {
        message: `\`sam build\` reads .dockerignore alone unless it is told to use BuildKit: ${ignore.path} does not count`,
        at: { file: ignore, span: { start: 0, end: 0 } }, advice: `set use_buildkit = true in samconfig, or call the file ${posix.join(posix.dirname(ignore.path), '.dockerignore')}`,
      };
    }
  },
});

/** False for `<Dockerfile>.dockerignore`, which the classic builder does not look for, where samconfig does not ask for BuildKit. */
function isReadBySam({ file: { ignore } }: ImageBuild, { project }: RuleContext): boolean {
  return posix.basename(ignore?.path ?? '.dockerignore') === '.dockerignore' || /use_buildkit\s*[=:]\s*["']?true/iu.test(project.samconfig?.source.text ?? '');
}

function textOf(build: ImageBuild, path: string, { project }: RuleContext): SourceFile | undefined {
  const shown = projectPath(project, join(build.file.context, path));
  return project.otherTexts.find((source) => source.path === shown);
}

/** True when the context has the thing now, or gets it by `sam build`, which writes .aws-sam beside the template. */
function isThere({ always, pattern }: ContextPattern, build: ImageBuild, { project }: RuleContext): boolean {
  if (!always) return true;
  if (pattern.endsWith('.aws-sam') && samFolder(build, project) === pattern) return true;
  const path = relative(project.folder, join(build.file.context, pattern)).split(sep).join('/');
  return project.skipped.includes(path);
}

/** `.aws-sam` as a pattern of the context; undefined where the context does not hold the template's folder. */
function samFolder(build: ImageBuild, project: Project): string | undefined {
  const folder = relative(build.file.context, project.folder).split(sep).join('/');
  return folder === '..' || folder.startsWith('../') ? undefined : posix.join(folder, '.aws-sam');
}

/** True when .aws-sam is copied into the image, where what follows can then not come from the cache. */
function isCacheBreaker({ pattern }: ContextPattern, build: ImageBuild): boolean {
  if (!pattern.endsWith('.aws-sam')) return false;
  return build.stages.some((stage) => stage.steps.some((step) => step.copy?.sources.some((source) => source === '.' || pattern.startsWith(`${source}/`)) === true));
}

/** Files of the context, relative to it. */
function filesOf(build: ImageBuild, { project }: RuleContext): readonly ProjectFile[] {
  return filesBelow(project, build.file.context);
}

function patternsFor(build: ImageBuild, files: readonly ProjectFile[], keeps: (path: string) => boolean, context: RuleContext): readonly ContextPattern[] {
  const isNeeded = contextNeed(build, files, context);
  const own = samFolder(build, context.project);
  const always = own === undefined || own === '.aws-sam' ? alwaysLeftOut : [...alwaysLeftOut, { pattern: own, what: '.aws-sam', probe: `${own}/build.toml`, always: true }];
  const standard = usesNode(files) && !isInstalledAnew(build, context) ? always : [...always, nodeModules];
  const found = new Map<string, ContextPattern>();
  for (const one of standard) if (keeps(one.probe) && !isNeeded(one)) found.set(one.pattern, one);
  for (const { path } of files) {
    const one = patternFor(path);
    // A certificate, or settings without secrets, may well be what the code reads.
    const isHarmless = one?.what === 'secrets' && secretOf(path, textOf(build, path, context)) === undefined && !/(?:^|\/)(?:\.env(?:\..*)?|env\.(?:local\.)?json)$/u.test(path);
    if (one && !isHarmless && keeps(path) && !found.has(one.pattern) && !isNeeded(one)) found.set(one.pattern, one);
  }
  return [...found.values()];
}

function usesNode(files: readonly ProjectFile[]): boolean {
  return files.some(({ path }) => path === 'package.json');
}

/** True when every Dockerfile of the context that installs Node packages wipes node_modules first, as `npm ci` does. */
function isInstalledAnew(build: ImageBuild, { model }: RuleContext): boolean {
  const installs = imageBuilds(model).filter((other) => other.file.context === build.file.context)
    .flatMap((other) => other.stages.flatMap((stage) => manifestInstalls(other, stage))).filter(({ tool }) => tool !== 'pip' && tool !== 'other');
  return installs.length > 0 && installs.every(({ isClean }) => isClean);
}

function firstCopy(build: ImageBuild): { readonly start: number; readonly end: number } {
  const steps = build.stages.flatMap((stage) => stage.steps);
  const copy = steps.find((step) => step.copy?.sources.includes('.')) ?? steps.find((step) => step.copy);
  return copy?.instruction.span ?? build.dockerfile.stages[0]?.from.span ?? { start: 0, end: 0 };
}

function fixOf(build: ImageBuild, missing: readonly ContextPattern[], { project }: RuleContext): Fix {
  const { ignore } = build.file;
  const lines = missing.map(({ pattern }) => pattern);
  const title = `leave ${lines.length} ${lines.length === 1 ? 'thing' : 'things'} out of the build context`;
  if (!ignore) {
    const path = projectPath(project, join(build.file.context, '.dockerignore'));
    const edit: Edit = { kind: 'create', path, text: `# What the image does not need: smaller contexts, and no rebuild when these change.\n${lines.join('\n')}\n` };
    return { title, safety: 'safe', edits: [edit] };
  }
  const { text } = ignore;
  const newline = newlineOf(text);
  const lead = text === '' || text.endsWith('\n') ? '' : newline;
  return { title, safety: 'safe', edits: [{ kind: 'splice', path: ignore.path, source: ignore, start: text.length, end: text.length, text: `${lead}${lines.join(newline)}${newline}` }] };
}
