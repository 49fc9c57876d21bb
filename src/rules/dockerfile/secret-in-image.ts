import { join, posix, resolve } from 'node:path';
import { once } from '../../base/once.ts';
import type { SourceFile } from '../../base/source.ts';
import type { Edit, Fix } from '../../edits/edit.ts';
import type { Project } from '../../project/project.ts';
import { dockerignoreFilter } from '../../syntax/dockerignore.ts';
import { newlineOf } from '../../syntax/newline.ts';
import { contextNeed } from '../context-need.ts';
import { shippedStages, type ImageBuild, type Step } from '../image-build.ts';
import { contextFiles } from '../layer-files.ts';
import { projectPath } from '../requirements-use.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';
import { isSecretValue, literalSecret, secretOf, secretsIn } from '../secret-texts.ts';

/** Credentials that everybody can read who can pull the image. Their values are never printed. */
export const secretInImage: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/secret-in-image',
  subject: 'dockerfile',
  title: 'Credentials in the image',
  severity: 'error',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  after: ['dockerfile/unfiltered-build-context'],
  *check(build, context) {
    const shipped = shippedStages(build);
    for (const stage of build.stages) {
      for (const step of stage.steps) yield* inInstruction(build, step, shipped.includes(stage));
    }
    yield* inFiles(build, shipped.flatMap((stage) => stage.steps), context);
  },
});

const instead = 'read it from Secrets Manager or Parameter Store when the function starts, or mount it with RUN --mount=type=secret for a build; and replace it, since images and their history keep it';

function* inInstruction(build: ImageBuild, step: Step, isShipped: boolean): Iterable<Draft> {
  const { instruction } = step;
  const file = build.dockerfile.source;
  if ((instruction.keyword === 'ENV' || instruction.keyword === 'ARG') && isShipped) {
    const names = assignments(step).filter(({ name, value }) => isSecretValue(name, value ?? givenValue(build, step, name)));
    for (const { name, start, value } of names) {
      const given = value === undefined ? ', with the value that DockerBuildArgs gives it' : '';
      yield { message: `${instruction.keyword} ${name} puts a credential into the image's history${given}`, at: { file, span: { start, end: start + name.length } }, advice: instead };
    }
    if (names.length > 0) return;
  }
  const written = isShipped && instruction.keyword === 'COPY' ? instruction.heredocs.flatMap(({ content }) => secretsIn(content)) : [];
  if (written.length > 0) {
    yield { message: `COPY writes ${written.join(', ')} into the image`, at: { file, span: { start: instruction.span.start, end: instruction.span.start + instruction.keyword.length } }, advice: instead };
    return;
  }
  const literal = literalSecret(file.text.slice(instruction.span.start, instruction.span.end));
  if (!literal) return;
  // Of the keyword alone: an excerpt must not point at the value.
  const span = { start: instruction.span.start, end: instruction.span.start + instruction.keyword.length };
  yield { message: `${instruction.keyword} has ${literal.what} in it${isShipped ? ', and so has the image\'s history' : ''}`, at: { file, span }, advice: instead };
}

/** `A=1 B`, or the old `ENV A the rest`. */
function assignments({ instruction }: Step): readonly { readonly name: string; readonly value: string | undefined; readonly start: number }[] {
  const [first] = instruction.words;
  if (instruction.keyword === 'ENV' && first && !first.text.includes('=')) {
    return [{ name: first.text, value: instruction.argument.trim().slice(first.text.length), start: first.span.start }];
  }
  return instruction.words.map(({ text, span }) => {
    const at = text.indexOf('=');
    return { name: at < 0 ? text : text.slice(0, at), value: at < 0 ? undefined : text.slice(at + 1), start: span.start };
  });
}

function givenValue(build: ImageBuild, { instruction }: Step, name: string): string {
  return instruction.keyword === 'ARG' ? (build.functions.find(({ package: { buildArgs } }) => Object.hasOwn(buildArgs, name))?.package.buildArgs[name] ?? '') : '';
}

const textsOf: (project: Project) => ReadonlyMap<string, SourceFile> = once(({ folder, otherTexts, pythonSources }) => new Map([...otherTexts, ...pythonSources.map(({ source }) => source)].map((source) => [resolve(folder, source.path), source])));

function* inFiles(build: ImageBuild, steps: readonly Step[], context: RuleContext): Iterable<Draft> {
  const { project } = context;
  const files = contextFiles(build, project);
  const need = contextNeed(build, files, context);
  const texts = textsOf(project);
  const seen = new Set<string>();
  for (const step of steps) {
    const { copy, instruction } = step;
    if (!copy) continue;
    const named = copy.sources.filter((source) => !/[*?[]/u.test(source) && source !== '.');
    const taken = files.filter(({ path }) => copy.sources.some((source) => covers(source, path))).map(({ path }) => path);
    for (const path of new Set([...taken, ...named.filter((source) => !files.some((one) => one.path === source || one.path.startsWith(`${source}/`)))])) {
      const secret = secretOf(path, texts.get(join(build.file.context, path)));
      // A name alone is not enough where nobody has named the file.
      if (!secret || seen.has(path) || (!secret.isSure && !named.includes(path))) continue;
      seen.add(path);
      const draft: Draft = { message: `${path} is copied into the image and ${secret.what}`, severity: secret.isSure ? 'error' : 'warning', at: { file: build.dockerfile.source, span: instruction.span } };
      if (named.includes(path)) yield { ...draft, advice: `do not copy it, and add it to .dockerignore; ${instead}` };
      else if (need({ pattern: path, always: false, what: 'secrets' }) || need({ pattern: posix.basename(path), always: false, what: 'secrets' })) yield { ...draft, advice: `the code may read it: ${instead}` };
      else yield { ...draft, fix: ignoring(build, path, context) };
    }
  }
}

function covers(source: string, path: string): boolean {
  return source === '.' || source === path || path.startsWith(`${source}/`) || (/[*?[]/u.test(source) && !dockerignoreFilter([source])(path));
}

function ignoring(build: ImageBuild, path: string, { project }: RuleContext): Fix {
  const { ignore } = build.file;
  const title = `leave ${path} out of the build context`;
  const pattern = path.replace(/[*?[\]\\]/gu, String.raw`\$&`);
  if (!ignore) {
    const edit: Edit = { kind: 'create', path: projectPath(project, join(build.file.context, '.dockerignore')), text: `# Credentials do not belong into images.\n${pattern}\n` };
    return { title, safety: 'safe', edits: [edit] };
  }
  const { text } = ignore;
  const newline = newlineOf(text);
  const lead = text === '' || text.endsWith('\n') ? '' : newline;
  return { title, safety: 'safe', edits: [{ kind: 'splice', path: ignore.path, source: ignore, start: text.length, end: text.length, text: `${lead}${pattern}${newline}` }] };
}
