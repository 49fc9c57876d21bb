import type { LambdaFunction, Model } from '../model/function.ts';
import { interpreterModules, runtimeModules } from '../model/python-runtime.ts';
import { pythonOfRuntime } from '../model/limits.ts';
import { normalizedProjectName } from '../syntax/requirements.ts';
import { requirementsOf } from './dependency-use.ts';
import { finalSteps, type ImageBuild } from './image-build.ts';
import { knownModules } from './known-packages.ts';
import { compiledFor, familyOf, stagesOfImage, type RequirementsUse } from './requirements-use.ts';
import type { RuleContext } from './rule.ts';

/** What a function finds besides its own code. */
export interface InstalledModules {
  readonly has: (module: string) => boolean;
  /** True when the modules of every package are known, those of what packages need included. */
  readonly isComplete: boolean;
  /** Packages that the user names, normalised. */
  readonly declared: ReadonlySet<string>;
  /** The package that brings a module that no named package has, with one that needs it. */
  readonly broughtBy: (module: string) => { readonly name: string; readonly user: string } | undefined;
}

/** What requirements files bring, as far as is known, beside what the machine has. */
export function installedModules(uses: readonly RequirementsUse[], own: readonly string[], { knowledge }: RuleContext): InstalledModules {
  const declared = new Set(uses.flatMap((use) => requirementsOf(use).map((line) => line.normalizedName)));
  const compiled = uses.map((use) => (requirementsOf(use).length === 0 ? new Map<string, string>() : compiledFor(use, knowledge)?.versions));
  const all = new Set(compiled.flatMap((versions) => [...(versions?.keys() ?? [])]));
  const isComplete = compiled.every((versions) => versions !== undefined) && [...all].every((name) => knowledge.packages.has(name));
  const modules = new Set([...own, ...[...declared, ...all].flatMap((name) => knowledge.packages.get(name)?.modules ?? knownModules(name) ?? [name.replace(/-/gu, '_')])]);
  const named = new Set([...declared].flatMap((name) => knowledge.packages.get(name)?.modules ?? knownModules(name) ?? []));
  return {
    declared, isComplete,
    has: (module) => modules.has(module),
    broughtBy: (module) => {
      if (!isComplete || named.has(module) || own.includes(module)) return undefined;
      const name = [...all].find((one) => knowledge.packages.get(one)?.modules.includes(module) === true);
      const user = [...all].find((one) => name !== undefined && one !== name && knowledge.packages.get(one)?.requires.includes(name) === true);
      return name === undefined || user === undefined ? undefined : { name, user };
    },
  };
}

/** What the runtime of a zip function brings. */
export function modulesOfRuntime(runtime: string): readonly string[] {
  return runtimeModules(pythonOfRuntime(runtime));
}

/** What an image has besides requirements files; undefined when something in it may install packages in another way. */
export function modulesOfImage(build: ImageBuild): readonly string[] | undefined {
  const final = finalSteps(build);
  const family = final && familyOf(build, final);
  if (!final || !family) return undefined;
  const inline: string[] = [];
  for (const stage of stagesOfImage(build)) {
    for (const { instruction, effects, copy } of stage.steps) {
      if (instruction.keyword === 'ENV' && /PYTHONPATH|VIRTUAL_ENV|CONDA/u.test(instruction.argument)) return undefined;
      if (instruction.keyword === 'ADD' && !copy) return undefined;
      const from = instruction.flags.find((flag) => flag.name === 'from')?.value;
      if (from !== undefined && !build.stages.some((one) => one.stage.name === from.toLowerCase() || String(one.stage.index) === from)) return undefined;
      for (const effect of effects) {
        if (effect.kind === 'opaque' || effect.kind === 'archive' || effect.kind === 'download' || effect.kind === 'os-packages') return undefined;
        if (effect.kind !== 'pip-install') continue;
        if (effect.editables.length > 0 || effect.requirements.some((text) => /[/\\]|^\.|:/u.test(text))) return undefined;
        inline.push(...effect.requirements.map((text) => normalizedProjectName(/^[\w.-]+/u.exec(text)?.[0] ?? text)));
      }
    }
  }
  const known = inline.map((name) => knownModules(name));
  if (known.includes(undefined)) return undefined;
  const runtime = family.kind === 'lambda' ? runtimeModules(family.python) : interpreterModules(family.python);
  return [...runtime, ...known.flatMap((modules) => modules ?? [])];
}

/** The folders (absolute) of a function's own Lambda layers; undefined when some layer's content is not known. */
export function layerFolders(subject: LambdaFunction, { layers }: Model): readonly string[] | undefined {
  const folders: string[] = [];
  for (const reference of subject.layers) {
    const layer = reference.kind === 'own' ? layers.find((one) => one.fullPath === reference.fullPath) : undefined;
    if (layer?.contentFolder === undefined || (layer.buildMethod !== undefined && !/^python/u.test(layer.buildMethod))) return undefined;
    folders.push(layer.contentFolder);
  }
  return folders;
}
