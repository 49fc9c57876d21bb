import type { Edit, Fix } from '../../edits/edit.ts';
import { filesBelow } from '../../model/files-below.ts';
import type { LambdaFunction, ZipPackage } from '../../model/function.ts';
import { isStandardModule } from '../../model/python-stdlib.ts';
import type { Project } from '../../project/project.ts';
import { isExactPin } from '../../syntax/requirements.ts';
import { requirementsOf } from '../dependency-use.ts';
import { finalSteps, imageBuilds, type ImageBuild } from '../image-build.ts';
import { installedModules, layerFolders, modulesOfImage, modulesOfRuntime } from '../installed-modules.ts';
import { knownModules, packageOfModule } from '../known-packages.ts';
import { usuallyIndirect } from '../package-companions.ts';
import { entryPointBelow, entryPointIn, loadingImports, ownNames, type EntryPoint, type LoadingImport } from '../reachable-imports.ts';
import { compiledFor, requirementsUses, type RequirementsUse } from '../requirements-use.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** Modules that a function imports when it is loaded, and that its manifest does not bring. */
export const undeclaredDependency: RuleDefinition<'project'> = defineRule({
  id: 'dependencies/undeclared-dependency',
  subject: 'project',
  title: 'Import of a package that is not declared',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  *check(project, context) {
    // What is not looked at may be the module that is imported.
    if (!project.areFilesComplete || project.unfollowedLinks.length > 0 || project.files.some(({ path }) => /(?:^|\/)\.gitmodules$/u.test(path))) return;
    const uses = requirementsUses(project, context.model);
    for (const subject of context.model.functions) {
      const loading = subject.package.kind === 'zip' ? zipLoading(subject, subject.package, uses, context) : undefined;
      if (loading) yield* draftsOf(loading, context);
    }
    for (const build of imageBuilds(context.model)) {
      const loading = imageLoading(build, uses, context);
      if (loading) yield* draftsOf(loading, context);
    }
  },
});

/** A function as far as this rule looks at it. */
interface Loading {
  readonly entry: EntryPoint;
  readonly uses: readonly RequirementsUse[];
  /** Modules that the machine brings. */
  readonly machine: readonly string[];
  /** Names of the code itself. */
  readonly own: ReadonlySet<string>;
}

function zipLoading(subject: LambdaFunction, code: ZipPackage, uses: readonly RequirementsUse[], { project, model }: RuleContext): Loading | undefined {
  if (!/^python/u.test(code.runtime) || (code.buildMethod !== undefined && !/^python/u.test(code.buildMethod))) return undefined;
  const layers = layerFolders(subject, model);
  const entry = code.handler === undefined ? undefined : entryPointIn(project, code.codeFolder, code.handler);
  if (!entry || !layers || hasOtherManifest(project, code.codeFolder) || layers.some((folder) => isFilledByHand(folder, model, project))) return undefined;
  const own = uses.filter((use) => use.installations.some((one) => (one.kind === 'zip' && one.subject === subject) || (one.kind === 'layer' && layers.includes(one.subject.contentFolder ?? ''))));
  return { entry, uses: own, machine: modulesOfRuntime(code.runtime), own: new Set([code.codeFolder, ...layers].flatMap((folder) => [...ownNames(project, folder)])) };
}

/** A Lambda layer that sam does not build, with a list of what somebody puts into it. */
function isFilledByHand(folder: string, model: RuleContext['model'], project: Project): boolean {
  const isBuilt = model.layers.some(({ contentFolder, buildMethod }) => contentFolder === folder && buildMethod !== undefined);
  return !isBuilt && filesBelow(project, folder).some(({ path }) => /^requirements[\w.-]*\.txt$/u.test(path));
}

function imageLoading(build: ImageBuild, uses: readonly RequirementsUse[], { project }: RuleContext): Loading | undefined {
  const machine = modulesOfImage(build);
  const handlers = new Set(build.functions.map((one) => one.package.imageConfig.command?.[0] ?? commandOf(build)));
  const [handler] = handlers;
  if (!machine || handler === undefined || handlers.size > 1 || build.functions.some((one) => one.package.imageConfig.entryPoint !== undefined)) return undefined;
  const entry = entryPointBelow(project, build.file.context, handler);
  const own = uses.filter((use) => use.installations.some((one) => one.kind === 'image' && one.build.file.path === build.file.path));
  return entry && own.length > 0 ? { entry, uses: own, machine, own: ownNames(project, build.file.context) } : undefined;
}

/** The handler that CMD names; undefined for any other program. */
function commandOf(build: ImageBuild): string | undefined {
  const last = finalSteps(build)?.steps.findLast(({ instruction }) => instruction.keyword === 'CMD')?.instruction;
  const [word, ...rest] = last?.words ?? [];
  return rest.length === 0 && word && /^[\w./]+\.\w+$/u.test(word.text) ? word.text : undefined;
}

/** sam installs what requirements.txt names; a project with another manifest brings its packages in some way of its own. */
function hasOtherManifest(project: Project, folder: string): boolean {
  const names = ['pyproject.toml', 'Pipfile', 'setup.py', 'environment.yml'];
  return filesBelow(project, folder).some(({ path }) => names.includes(path));
}

function* draftsOf(loading: Loading, context: RuleContext): Iterable<Draft> {
  const { uses } = loading;
  if (uses.some((use) => use.source.requirements.lines.some((line) => line.kind !== 'requirement' && line.kind !== 'comment' && line.kind !== 'option'))) return;
  const installed = installedModules(uses, loading.machine, context);
  for (const imported of loadingImports(context.project, loading.entry) ?? []) {
    const { module } = imported;
    if (isStandardModule(module) || loading.own.has(module)) continue;
    const brought = installed.broughtBy(module);
    if (brought) yield indirectDraft(imported, brought, uses, context);
    else if (!installed.has(module)) yield* missingDraft(imported, loading, context);
  }
}

function indirectDraft(imported: LoadingImport, { name, user }: { readonly name: string; readonly user: string }, uses: readonly RequirementsUse[], context: RuleContext): Draft {
  return {
    message: `${imported.module} is imported, and is there only because ${user} needs it`,
    at: { file: imported.source, span: imported.span },
    severity: 'advice',
    fix: addition(uses, name, context),
    advice: `name ${name} in the requirements: a later ${user} may need it no more`,
  };
}

function* missingDraft(imported: LoadingImport, { uses, machine }: Loading, context: RuleContext): Iterable<Draft> {
  const { module } = imported;
  const at = { file: imported.source, span: imported.span };
  const name = packageOfModule(module);
  const shown = name ?? `the package that has ${module}`;
  const { declared, isComplete } = installedModules(uses, machine, context);
  // It is named, but the index knows it by other modules: whatever is wrong, adding it once more is no remedy.
  if (name !== undefined && declared.has(name)) return;
  if (isComplete && uses.length > 0) {
    const message = `${module} is imported, and nothing installs it: the function fails when it is loaded`;
    yield { message, at, severity: 'error', fix: name === undefined ? undefined : addition(uses, name, context), advice: `add ${shown} to the requirements` };
    return;
  }
  // Another package may bring it, and only the index knows.
  const isUnsure = [...declared].some((one) => knownModules(one) === undefined) || (declared.size > 0 && name !== undefined && usuallyIndirect.has(name)) || uses.some((use) => requirementsOf(use).some((line) => line.extras.length > 0));
  if (isUnsure) return;
  const [use] = uses;
  if (use) yield { message: `${module} is imported, and ${use.source.requirements.source.path} does not name it`, at, asksFirst: true, advice: `add ${shown} to it, unless another package brings it; \`shear fix\` finds out` };
  else yield { message: `${module} is imported, and there is no requirements.txt that brings it`, at, advice: `write ${shown} into a requirements.txt in the code folder, from which sam installs, unless it gets there in another way` };
}

/** A line for a package in the one file that people edit; undefined where there are several. */
function addition(uses: readonly RequirementsUse[], name: string, context: RuleContext): Fix | undefined {
  const [use] = uses;
  if (!use || uses.length > 1 || context.knowledge.packages.size === 0) return undefined;
  const { source, newline } = use.source.requirements;
  const { text, path } = source;
  const lead = text === '' || text.endsWith('\n') ? '' : newline;
  const version = requirementsOf(use).every((line) => isExactPin(line.specifier)) ? compiledFor(use, context.knowledge)?.versions.get(name) : undefined;
  const line = version === undefined ? name : `${name}==${version}`;
  const edit: Edit = { kind: 'splice', path, source, start: text.length, end: text.length, text: `${lead}${line}${newline}` };
  return { title: `add ${line} to ${path}`, safety: 'safe', edits: [edit] };
}
