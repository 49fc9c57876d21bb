import { posix } from 'node:path';
import { runtimeModules } from '../model/python-runtime.ts';
import { isStandardModule } from '../model/python-stdlib.ts';
import { modulesOf, type CodeView, type Requirement } from './dependency-use.ts';
import type { RuleContext } from './rule.ts';

/** Modules that the code imports and no requirement of the file is known to be. */
export interface Unclaimed {
  readonly module: string;
  /** Normalised names of packages that have it; empty when nobody knows. */
  readonly providers: readonly string[];
}

/** Nobody need declare them, whichever Python the function has. */
const inRuntime: ReadonlySet<string> = new Set(runtimeModules());

/** Imports that come from somewhere, but from no requirement of the file by itself: from what one of them needs, from a layer, from a file that is not there. */
export function unclaimedImports(lines: readonly Requirement[], view: CodeView, context: RuleContext): readonly Unclaimed[] {
  const own = new Set(view.sources.flatMap(({ path }) => [posix.basename(path, '.py'), ...path.split('/').slice(0, -1)]));
  const claimed = new Set(lines.flatMap(({ normalizedName: name }) => modulesOf(name, context) ?? [name.replace(/-/gu, '_')]));
  const { packages } = context.knowledge;
  return [...view.imported]
    .filter((module) => !isStandardModule(module) && !own.has(module) && !claimed.has(module) && !inRuntime.has(module))
    .map((module) => ({ module, providers: [...packages].filter(([, facts]) => facts.modules.includes(module)).map(([name]) => name) }));
}

/** A sentence on why imports do not tell all that the code uses; undefined when they do. */
export function hiddenUse(view: CodeView): string | undefined {
  const names = new Set(view.sources.map(({ path }) => posix.basename(path)));
  for (const { path, text } of view.sources) {
    const script = Array.from(text.matchAll(/["'](?:[\w.-]+\/)*([\w-]+\.py)["'\s]/gu), (match) => match[1] ?? '').find((name) => !names.has(name));
    if (script !== undefined) return `${path} names ${script}, which is not there to be looked into`;
  }
  return undefined;
}
