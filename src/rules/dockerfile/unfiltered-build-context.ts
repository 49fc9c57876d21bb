import { join, posix, relative, sep } from 'node:path';
import type { Edit, Fix } from '../../edits/edit.ts';
import type { ProjectFile } from '../../project/project.ts';
import { dockerignoreFilter, parseDockerignore } from '../../syntax/dockerignore.ts';
import { newlineOf } from '../../syntax/newline.ts';
import { alwaysLeftOut, isSecretName, nodeModules, patternFor, type ContextPattern } from '../context-patterns.ts';
import { imageBuilds, type ImageBuild } from '../image-build.ts';
import { projectPath } from '../requirements-use.ts';
import { defineRule, type RuleContext, type RuleDefinition } from '../rule.ts';

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
    const old = dockerignoreFilter(ignore ? parseDockerignore(ignore.text) : []);
    const files = filesOf(build, context);
    const missing = patternsFor(build, files, old, context);
    // Bytecode caches and the like alone are not worth a finding where somebody has thought about the context.
    if (missing.length === 0 || (ignore && !missing.some(({ always, pattern }) => !always || pattern === '.git' || pattern === '.aws-sam'))) return;
    const fresh = dockerignoreFilter([...(ignore ? parseDockerignore(ignore.text) : []), ...missing.map(({ pattern }) => pattern)]);
    const gone = files.filter(({ path }) => old(path) && !fresh(path));
    const secrets = gone.filter(({ path }) => isSecretName(path)).map(({ path }) => path);
    const kinds = [...new Set(missing.filter((one) => !one.always || one.pattern === '.git' || one.pattern === '.aws-sam').map((one) => one.what))];
    const bytes = gone.reduce((sum, { size }) => sum + size, 0);
    const lead = ignore ? `${ignore.path} lets in` : 'there is no .dockerignore: the context takes in';
    yield {
      message: `${lead} ${kinds.join(', ')}${secrets.length > 0 ? ` (${secrets.join(', ')})` : ''}`,
      severity: secrets.length > 0 ? 'error' : 'warning',
      at: ignore ? { file: ignore, span: { start: 0, end: 0 } } : { file: build.dockerfile.source, span: firstCopy(build) },
      cost: { kind: 'measured', bytes, formula: `${gone.length} files that the new patterns leave out; .git and .aws-sam come on top` },
      fix: fixOf(build, missing, context),
    };
  },
});

/** Files of the context, relative to it. */
function filesOf(build: ImageBuild, { project }: RuleContext): readonly ProjectFile[] {
  const prefix = relative(project.folder, build.file.context).split(sep).join('/');
  return project.files.flatMap(({ path, size }) => {
    if (prefix === '') return path.startsWith('../') ? [] : [{ path, size }];
    return path.startsWith(`${prefix}/`) ? [{ path: path.slice(prefix.length + 1), size }] : [];
  });
}

function patternsFor(build: ImageBuild, files: readonly ProjectFile[], keeps: (path: string) => boolean, context: RuleContext): readonly ContextPattern[] {
  const isNeeded = neededBy(build, files, context);
  const standard = usesNode(files) ? alwaysLeftOut : [...alwaysLeftOut, nodeModules];
  const found = new Map<string, ContextPattern>();
  for (const one of standard) if (keeps(one.probe) && !isNeeded(one)) found.set(one.pattern, one);
  for (const { path } of files) {
    const one = patternFor(path);
    if (one && keeps(path) && !found.has(one.pattern) && !isNeeded(one)) found.set(one.pattern, one);
  }
  return [...found.values()];
}

function usesNode(files: readonly ProjectFile[]): boolean {
  return files.some(({ path }) => path === 'package.json');
}

/** Whether the Dockerfile copies a thing by name, an ignore file takes it back in, or the code may open it. */
function neededBy(build: ImageBuild, files: readonly ProjectFile[], { project, model }: RuleContext): (one: ContextPattern) => boolean {
  const builds = imageBuilds(model).filter((other) => other.file.context === build.file.context);
  const copied = builds.flatMap((other) => other.stages.flatMap((stage) => stage.steps.flatMap((step) => {
    const isContext = (step.instruction.keyword === 'COPY' || step.instruction.keyword === 'ADD') && !step.instruction.flags.some((flag) => flag.name === 'from');
    return isContext ? (step.copy?.sources ?? step.instruction.words.slice(0, -1).map((word) => posix.normalize(word.text))) : [];
  })));
  const mounts = builds.flatMap((other) => other.dockerfile.stages.flatMap((stage) => stage.instructions.flatMap((one) => one.flags.filter((flag) => flag.name === 'mount' && flag.value.includes('bind')).map((flag) => flag.value)))).join(' ');
  const takenBack = (build.file.ignore ? parseDockerignore(build.file.ignore.text) : []).filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const inside = build.file.context + sep;
  const code = project.pythonSources.filter(({ path }) => path.startsWith(inside) && patternFor(relative(build.file.context, path).split(sep).join('/')) === undefined).map(({ source }) => source.text);
  // What lists folders may read any file of them.
  const lists = code.some((text) => /\b(?:listdir|scandir|iterdir|os\.walk|r?glob)\s*\(/u.test(text)) || files.some(({ path }) => /\.(?:js|mjs|cjs|ts|sh|rb|go|java|rs)$/u.test(path) && patternFor(path) === undefined);
  const runs = builds.flatMap((other) => other.stages.flatMap((stage) => stage.steps.map((step) => (step.copy ? '' : step.instruction.argument)))).join('\n');
  return ({ pattern, always, what }) => {
    const names = copied.some((source) => source !== '.' && source !== '*' && (source === pattern || source.startsWith(`${pattern}/`) || pattern.startsWith(`${source}/`) || dockerignoreFilter([source])(pattern) === false));
    const isBack = takenBack.some((path) => path === pattern || path.startsWith(`${pattern}/`) || path.startsWith('**/') || !dockerignoreFilter([pattern])(path));
    if (names || isBack || mounts.includes(pattern)) return true;
    if (always && pattern !== '.env') return false;
    // load_dotenv() opens .env without naming it.
    if (pattern.startsWith('.env') && code.some((text) => /\bdotenv\b/u.test(text))) return true;
    const word = new RegExp(`(?:^|["'/\\s(=])${pattern.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`)}(?:$|["'/\\s),;:])`, 'mu');
    const isNamed = code.some((text) => quoted(text).some((literal) => word.test(literal)) || new RegExp(`^\\s*(?:from|import)\\s+${pattern.replace(/\W/gu, '_')}\\b`, 'mu').test(text));
    const isRun = new RegExp(`(?:^|[\\s/"'])${pattern.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`)}(?:$|[\\s/"'])`, 'mu').test(runs);
    return isNamed || isRun || (lists && what === 'media and archives');
  };
}

/** What stands in quotes, one line each. */
function quoted(text: string): readonly string[] {
  return Array.from(text.matchAll(/(["'])((?:\\.|(?!\1)[^\\\n])*)\1/gu), (match) => match[2] ?? '');
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
