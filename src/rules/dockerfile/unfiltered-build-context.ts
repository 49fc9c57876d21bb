import { join, relative, sep } from 'node:path';
import type { Edit, Fix } from '../../edits/edit.ts';
import type { ProjectFile } from '../../project/project.ts';
import { dockerignoreFilter, parseDockerignore } from '../../syntax/dockerignore.ts';
import { newlineOf } from '../../syntax/newline.ts';
import { contextNeed } from '../context-need.ts';
import { alwaysLeftOut, isSecretName, nodeModules, patternFor, type ContextPattern } from '../context-patterns.ts';
import type { ImageBuild } from '../image-build.ts';
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
  const isNeeded = contextNeed(build, files, context);
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
