import { once } from '../base/once.ts';
import type { SourceFile } from '../base/source.ts';
import type { LambdaFunction, Model } from '../model/function.ts';
import type { Project } from '../project/project.ts';
import { importsWhatWent } from './absent-imports.ts';

/** Programming languages by what a function runs on. */
export type Language = 'python' | 'node' | 'other';

/** A function that its developers build from source. */
export function isBuilt(subject: LambdaFunction): boolean {
  return subject.package.kind === 'image' || subject.package.kind === 'zip';
}

/** Whether there is anything to build. */
export function isBuiltHere({ functions, layers }: Model): boolean {
  return functions.some(isBuilt) || layers.some(({ contentFolder }) => contentFolder !== undefined);
}

/** The language of a function: of the runtime's name, else of its image's CMD or base. */
export function languageOf(subject: LambdaFunction): Language {
  if (subject.package.kind === 'zip') return languageOfText(subject.package.runtime);
  if (subject.package.kind !== 'image') return 'other';
  const { dockerfile } = subject.package.dockerfile;
  return languageOfText(dockerfile.stages.map((stage) => stage.base.text).join(' '));
}

function languageOfText(text: string): Language {
  return /python/iu.test(text) ? 'python' : /node/iu.test(text) ? 'node' : 'other';
}

/** `module.function` of a handler; undefined where only the built artefact knows (a compiled program, a web server). */
export function handlerOf(subject: LambdaFunction): string | undefined {
  if (subject.package.kind === 'zip') return subject.package.handler;
  if (subject.package.kind !== 'image') return undefined;
  const { imageConfig, dockerfile } = subject.package;
  const command = imageConfig.command ?? dockerfile.dockerfile.stages.at(-1)?.instructions.findLast((one) => one.keyword === 'CMD')?.words.map((word) => word.text);
  const last = command?.at(-1);
  return last !== undefined && /^[\w./-]+\.\w+$/u.test(last) ? last : undefined;
}

const testPattern = /(?:^|\/)(?:tests?|specs?|__tests__|__test__|e2e|testing)\/[\s\S]*\.(?:py|[cm]?[jt]sx?|java|kt|go|rb|cs|rs|php|feature|http|sh|ya?ml)$|(?:^|\/)(?:test_[^/]+|[^/]+_test|[^/]*[Tt]ests?)\.(?:py|go|java|kt|cs|rs|rb)$|\.(?:test|spec)\.[cm]?[jt]sx?$|_spec\.rb$/u;

/** Tests of a project, its own and those above it; without what is left of a template's tests and imports a module that went. */
export function testsOf(project: Project): readonly SourceFile[] {
  return project.developerFiles.filter(({ path, text }) => testPattern.test(path) && !/(?:^|\/)__init__\.py$|\.d\.ts$/u.test(path) && !importsWhatWent(path, text, project));
}

const runsStack: (source: SourceFile) => boolean = once(({ text }) => /\bsam (?:local|remote)\b|\/invocations\b|execute-api|invoke_?function\b|InvokeCommand/iu.test(text));

/**
 * Whether a test calls a function: names its handler or the function itself, imports the web application of the handler's module, or runs the
 * whole of the stack. Where handlers are called alike, a test that tells by a folder or a module whose it is counts for that one alone.
 */
export function isTested(subject: LambdaFunction, tests: readonly SourceFile[], others: readonly LambdaFunction[]): boolean {
  const handler = handlerOf(subject);
  const name = handler?.split(/[.:]+/u).at(-1);
  // A handler that is called as everything is (`main`, a Go program) tells nothing: any test may be its own.
  if (name === undefined || languageOf(subject) === 'other') return tests.length > 0;
  const word = new RegExp(`\\b${name}\\b`, 'u');
  const own = new RegExp(`\\b${subject.logicalId}\\b`, 'u');
  // Tests of a web application call all that the handler wraps.
  const module = languageOf(subject) === 'python' ? handler?.replace(/\.\w+$/u, '').replaceAll('/', '.').replaceAll('.', String.raw`\.`) : undefined;
  const imports = module === undefined ? undefined : new RegExp(String.raw`^\s*from\s+(?:[\w.]+\.)?${module}\s+import\s[^\n]*\b(?:app|application|create_app)\b`, 'mu');
  const alike = others.filter((other) => other !== subject && handlerOf(other)?.split(/[.:]+/u).at(-1) === name);
  const isOfAnother = (source: SourceFile): boolean => alike.some((other) => tellsOf(source, other)) && !tellsOf(source, subject);
  return tests.some((source) => own.test(source.text) || runsStack(source) || imports?.test(source.text) === true || (word.test(source.text) && !isOfAnother(source)));
}

/** Whether a test's path or text has the name of a function's folder or module. */
function tellsOf(source: SourceFile, subject: LambdaFunction): boolean {
  const folder = subject.package.kind === 'zip' ? subject.package.codeFolder : subject.package.kind === 'image' ? subject.package.dockerfile.context : '';
  const names = [folder.split(/[\\/]/u).at(-1) ?? '', handlerOf(subject)?.split(/[./]/u).at(-2) ?? '', subject.logicalId].filter((name) => name.length > 2 && !/^(?:app|main|index|handler|lambda_function|src|lambda|lambdas|functions?)$/iu.test(name));
  return names.some((name) => new RegExp(`(?:^|[^a-z0-9])${name.replace(/[^\w]/gu, '.')}(?:$|[^a-z0-9])`, 'iu').test(`${source.path} ${source.text}`));
}
