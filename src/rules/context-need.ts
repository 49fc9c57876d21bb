import { posix, relative, sep } from 'node:path';
import { onceForBoth } from '../base/once.ts';
import { sourcesBelow } from '../model/sources-below.ts';
import type { Project, ProjectFile } from '../project/project.ts';
import { dockerignoreFilter, parseDockerignore } from '../syntax/dockerignore.ts';
import { patternFor, type ContextPattern } from './context-patterns.ts';
import { imageBuilds, type ImageBuild } from './image-build.ts';
import type { RuleContext } from './rule.ts';

/** Tells whether something of a context is needed, as far as the Dockerfiles that share it and the code in it show. */
export type Need = (one: Pick<ContextPattern, 'pattern' | 'always' | 'what'>) => boolean;

/** A path (absolute) as the context names it. */
export function inContext(build: ImageBuild, path: string): string {
  return relative(build.file.context, path).split(sep).join('/');
}

/**
 * Whether a Dockerfile of the context copies a thing by name, an ignore file takes it back in, or the code, a command or a manifest
 * may open it. Unsure counts as needed.
 */
export function contextNeed(build: ImageBuild, files: readonly ProjectFile[], { project, model }: RuleContext): Need {
  const builds = imageBuilds(model).filter((other) => other.file.context === build.file.context);
  const copied = copiedSources(builds);
  const mounts = builds.flatMap((other) => other.dockerfile.stages.flatMap((stage) => stage.instructions.flatMap((one) => one.flags.filter((flag) => flag.name === 'mount' && flag.value.includes('bind')).map((flag) => flag.value)))).join(' ');
  const takenBack = (build.file.ignore ? parseDockerignore(build.file.ignore.text) : []).filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const { texts, literals, extended } = readingOf(build, project);
  // What lists folders may read any file of them.
  const lists = texts.code.some((text) => /\b(?:listdir|scandir|iterdir|os\.walk|r?glob(?:Sync)?|readdir(?:Sync)?|ReadDir|listFiles)\s*\(/u.test(text)) || files.some(({ path }) => isUnread(path));
  const runs = commandsOf(builds);
  const makes = builds.some(makesFromContext);
  const isTesting = makes || /\b(?:pytest|unittest|nose|tox|nox|jest|mocha|rspec|rake|phpunit|(?:npm|yarn|pnpm)\s+(?:run\s+)?t(?:est)?\b|go\s+test|cargo\s+test|mvn|gradlew?)\b/u.test(runs);
  const included = project.requirements.flatMap(({ requirements }) => requirements.lines.flatMap((line) => (line.kind === 'include' || line.kind === 'constraint' ? [posix.basename(line.path)] : [])));
  return ({ pattern, always, what }) => {
    const names = copied.some((source) => source !== '.' && source !== '*' && (source === pattern || source.startsWith(`${pattern}/`) || pattern.startsWith(`${source}/`) || !dockerignoreFilter([source])(pattern)));
    const isBack = takenBack.some((path) => path === pattern || path.startsWith(`${pattern}/`) || path.startsWith('**/') || !dockerignoreFilter([pattern])(path));
    if (names || isBack || mounts.includes(pattern)) return true;
    if (always && pattern !== '.env') return false;
    // load_dotenv() opens .env without naming it; npm and its like read .npmrc.
    if (pattern.startsWith('.env') && texts.code.some((text) => /\bdotenv\b|env_file|environs/u.test(text))) return true;
    if (pattern === '.npmrc' && /\b(?:npm|yarn|pnpm|npx|corepack)\b/u.test(runs)) return true;
    if (/^makefile$/iu.test(pattern) && makes) return true;
    if (isTesting && (what === 'tests' || what === 'sample events' || what === 'development files')) return true;
    if (included.includes(posix.basename(pattern))) return true;
    if (what === 'media and archives' && (lists || extended.includes(posix.extname(pattern).toLowerCase()))) return true;
    const escaped = pattern.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
    const word = new RegExp(`(?:^|["'/\\s(=:])${escaped}(?:$|["'/\\s),;:.])`, 'mu');
    const imported = new RegExp(`\\b(?:from|import)\\s+\\.*${pattern.replace(/\W/gu, '_')}\\b`, 'u');
    return literals.some((literal) => word.test(literal)) || texts.code.some((text) => imported.test(text)) || word.test(texts.plain) || word.test(runs);
  };
}

/** All that is read of the files of a context, whoever asks. */
const readingOf = onceForBoth((build: ImageBuild, project: Project) => {
  const texts = textsOf(build, project);
  const literals = texts.code.flatMap(quoted);
  const extended = Array.from(literals.join('\n').matchAll(/\.\w{2,4}\b/gu), (match) => match[0].toLowerCase());
  return { texts, literals, extended };
});

/** What stands in quotes, one line each. */
function quoted(text: string): readonly string[] {
  return Array.from(text.matchAll(/(["'`])((?:\\.|(?!\1)[^\\\n])*)\1/gu), (match) => match[2] ?? '');
}

/** Sources of COPY and ADD from the context. */
function copiedSources(builds: readonly ImageBuild[]): readonly string[] {
  return builds.flatMap((other) => other.stages.flatMap((stage) => stage.steps.flatMap((step) => {
    const isContext = (step.instruction.keyword === 'COPY' || step.instruction.keyword === 'ADD') && !step.instruction.flags.some((flag) => flag.name === 'from');
    return isContext ? (step.copy?.sources ?? step.instruction.words.slice(0, -1).map((word) => posix.normalize(word.text))) : [];
  })));
}

/** True when `make` runs, or may run, where files of the context are: a stage that compiles what it has downloaded has none of them. */
function makesFromContext({ stages }: ImageBuild): boolean {
  return stages.some(({ steps, isOwnBase }) => {
    const hasContext = isOwnBase || steps.some(({ copy, instruction }) => copy !== undefined || instruction.keyword === 'ADD' || instruction.flags.some((flag) => flag.name === 'mount' || flag.name === 'from'));
    return hasContext && steps.some(({ copy, instruction }) => !copy && /\bmake\b/u.test(instruction.argument));
  });
}

/** RUN, CMD, ENTRYPOINT, ENV, and the template's commands and variables. */
function commandsOf(builds: readonly ImageBuild[]): string {
  const own = builds.flatMap((other) => other.stages.flatMap((stage) => stage.steps.map((step) => (step.copy ? '' : step.instruction.argument))));
  const given = builds.flatMap((other) => other.functions.flatMap(({ package: { imageConfig } }) => [...(imageConfig.command ?? []), ...(imageConfig.entryPoint ?? [])]));
  const environment = builds.flatMap((other) => other.functions.flatMap((one) => Object.values(one.environment).flatMap((value) => (value.kind === 'known' ? [value.value] : []))));
  return [...own, ...given, ...environment].join('\n');
}

/** The code of a context, and texts in which names stand without quotes. */
function textsOf(build: ImageBuild, project: Project): { readonly code: readonly string[]; readonly plain: string } {
  const python = sourcesBelow(project, build.file.context).filter(({ path }) => patternFor(inContext(build, path)) === undefined).map(({ source }) => source.text);
  const prefix = relative(project.folder, build.file.context).split(sep).join('/');
  const others = project.otherTexts.filter(({ path }) => prefix === '' || path.startsWith(`${prefix}/`)).filter(({ path }) => patternFor(prefix === '' ? path : path.slice(prefix.length + 1)) === undefined);
  const isPlain = (path: string): boolean => /(?:setup\.cfg|manifest\.in|\.sh|\.bash)$/iu.test(path);
  const embedded = others.flatMap(({ text }) => text.match(/^\/\/go:embed .*$/gmu) ?? []);
  return {
    code: [...python, ...others.filter(({ path }) => !isPlain(path)).map(({ text }) => text)],
    plain: [...others.filter(({ path }) => isPlain(path)).map(({ text }) => text), ...embedded].join('\n'),
  };
}

/** Code in a language that is not read. */
function isUnread(path: string): boolean {
  return /\.(?:scala|swift|clj|exs?|cc?|cpp|hs|dart|jl|zig)$/u.test(path) && patternFor(path) === undefined;
}
