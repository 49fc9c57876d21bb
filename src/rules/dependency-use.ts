import { once, onceForBoth } from '../base/once.ts';
import type { SourceFile } from '../base/source.ts';
import type { Model } from '../model/function.ts';
import { importsOf } from '../model/python-imports.ts';
import { sourcesBelow } from '../model/sources-below.ts';
import type { Project } from '../project/project.ts';
import type { RequirementsLine } from '../syntax/requirements.ts';
import { isExactPin } from '../syntax/requirements.ts';
import type { RequirementsUse, Served } from './requirements-use.ts';
import { knownModules } from './known-packages.ts';
import type { RuleContext } from './rule.ts';
import { dynamicLoading, literalsOf, unseenCode } from './unseen-code.ts';

/** A requirement of a file. */
export type Requirement = RequirementsLine & { readonly kind: 'requirement' };

/** How the code and configuration name something without importing it. */
export type Naming =
  /** In a form that a program loads or starts: a word of its own in the code, a command, the template. */
  | 'reference'
  /** As a word of a sentence, which may mean something else. */
  | 'prose'
  | undefined;

/** Whatever a manifest serves. */
export interface Serving {
  readonly installations: readonly Served[];
}

/** What the code that a requirements file serves imports and names. */
export interface CodeView {
  readonly sources: readonly SourceFile[];
  /** Top-level names that any source imports, tests included. */
  readonly imported: ReadonlySet<string>;
  /** Those that a source other than a test imports. */
  readonly importedOutsideTests: ReadonlySet<string>;
  /** Where a module may be imported whose name the text does not tell. */
  readonly dynamic: { readonly path: string; readonly why: string } | undefined;
  /** Why not all of the code can be seen: a sentence without full stop. */
  readonly unseen: string | undefined;
  readonly naming: (name: string) => Naming;
}

/** Looks at everything that a requirements file serves: the contexts and code folders, the templates, the Dockerfiles. */
export function codeView(use: Serving, { project, model }: RuleContext): CodeView {
  return viewIn(project, model)(use);
}

const viewIn = onceForBoth((project: Project, model: Model) => once((use: Serving) => readView(use, project, model)));

/** Without comments and descriptions. */
const templateTexts: (project: Project) => readonly string[] = once((project) => project.templates.map((template) => template.source.text.replace(/^\s*(?:#|Description:).*$/gmu, '')));

const lowerTemplates: (project: Project) => string = once((project) => templateTexts(project).join('\n').toLowerCase());

function readView(use: Serving, project: Project, model: Model): CodeView {
  const folders = servedFolders(use, { project, model });
  const isEverything = use.installations.some((one) => one.kind === 'layer');
  const below = isEverything ? project.pythonSources : [...new Set(folders.flatMap((folder) => sourcesBelow(project, folder)))];
  const sources = below.map(({ source }) => source);
  const imports = sources.map((source) => ({ source, found: importsOf(source) }));
  const tops = (of: typeof imports): ReadonlySet<string> => new Set(of.flatMap(({ found }) => found.modules.map((module) => module.name.split('.')[0] ?? '')));
  const own = imports.filter(({ source }) => !isTest(source));
  const dynamic = own.flatMap(({ source, found }) => {
    const why = dynamicLoading(source, found);
    return why === undefined ? [] : [{ path: source.path, why }];
  });
  const dockerfiles = use.installations.flatMap((one) => (one.kind === 'image' ? one.build.dockerfile.stages.flatMap((stage) => stage.instructions) : []));
  const lines = dockerfiles.filter((one) => ['CMD', 'ENTRYPOINT', 'ENV', 'RUN', 'HEALTHCHECK'].includes(one.keyword)).map((one) => one.argument.replace(/-r\s+\S+/gu, ''));
  const templates = templateTexts(project);
  const strings = sources.flatMap(literalsOf);
  const all = [...lines, ...strings].join('\n').toLowerCase();
  const isWord = (text: string): boolean => !/\s/u.test(text.trim());
  return {
    sources, imported: tops(imports), importedOutsideTests: tops(own), dynamic: dynamic[0], unseen: unseenCode(use, project, folders),
    naming: (name) => {
      if (!all.includes(name.toLowerCase()) && !lowerTemplates(project).includes(name.toLowerCase())) return undefined;
      const escaped = name.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
      const anywhere = new RegExp(`(?:^|[^\\w-])${escaped}(?:$|[^\\w-])`, 'iu');
      const command = new RegExp(`^\\s*(?:\\S*/)?${escaped}\\s|\\s-m\\s+${escaped}(?:\\s|$)`, 'iu');
      if ([...lines, ...templates].some((text) => anywhere.test(text))) return 'reference';
      const named = strings.filter((text) => anywhere.test(text));
      if (named.some((text) => isWord(text) || command.test(text))) return 'reference';
      return named.length > 0 ? 'prose' : undefined;
    },
  };
}

/** The folders (absolute) whose code a requirements file serves. */
export function servedFolders(use: Serving, { project, model }: Pick<RuleContext, 'project' | 'model'>): readonly string[] {
  if (use.installations.some((one) => one.kind === 'layer')) return [project.folder];
  return [...new Set(use.installations.flatMap((one) => foldersOf(one, model.layers)))];
}

/** Code that runs in the same process: of the function, and of the Lambda layers under it. */
function foldersOf(one: Served, layers: RuleContext['model']['layers']): readonly string[] {
  if (one.kind === 'image') return [one.build.file.context];
  if (one.kind === 'layer') return [];
  const { subject } = one;
  const own = subject.layers.flatMap((layer) => (layer.kind === 'own' ? (layers.find((other) => other.fullPath === layer.fullPath)?.contentFolder ?? []) : []));
  return subject.package.kind === 'zip' ? [subject.package.codeFolder, ...own] : own;
}

function isTest({ path }: SourceFile): boolean {
  return /(?:^|\/)(?:tests?|__tests__)\//u.test(path) || /(?:^|\/)(?:test_[^/]*|[^/]*_test|conftest)\.py$/u.test(path);
}

/** The import names of a package: of its wheel, of the table, else undefined. */
export function modulesOf(name: string, { knowledge }: RuleContext): readonly string[] | undefined {
  return knowledge.packages.get(name)?.modules ?? knownModules(name);
}

/** The requirements of the file that people edit. */
export function requirementsOf(use: RequirementsUse): readonly Requirement[] {
  return use.source.requirements.lines.filter((line): line is Requirement => line.kind === 'requirement');
}

/** True for a file that a tool has written: what it names need not be what anybody asked for. */
export function isCompiled(use: RequirementsUse): boolean {
  const { lines } = use.source.requirements;
  const all = requirementsOf(use);
  // `poetry export` and `pipenv requirements` without hashes: every line has its version and the Pythons that it is for.
  if (all.length > 3 && all.every((line) => isExactPin(line.specifier) && line.marker !== undefined)) return true;
  return lines.some((line) => (line.kind === 'requirement' && line.hashes.length > 0) || (line.kind === 'comment' && /#\s*via\b|autogenerated|automatically generated/iu.test(line.text)) || (line.kind === 'requirement' && /#\s*via\b/u.test(line.comment ?? '')));
}

/** True for what `pip freeze` writes: every package at its version in alphabetical order, also those that nobody asked for. */
export function isFrozen(use: RequirementsUse): boolean {
  const all = requirementsOf(use);
  const names = all.map((line) => line.name.toLowerCase());
  return all.length >= 8 && all.every((line) => isExactPin(line.specifier) || line.url !== undefined) && names.every((name, i) => i === 0 || (names[i - 1] ?? '') <= name);
}
