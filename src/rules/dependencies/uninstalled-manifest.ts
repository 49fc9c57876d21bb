import { runtimeModules } from '../../model/python-runtime.ts';
import type { LambdaFunction } from '../../model/function.ts';
import { lockNameOf } from '../../model/python-manifest.ts';
import { knownModules } from '../known-packages.ts';
import { compileCommand, listedNames, manifestUses, toolCommands, type ManifestUse } from '../manifest-use.ts';
import { entryPointIn, loadingImports, ownNames } from '../reachable-imports.ts';
import { defineRule, type RuleContext, type RuleDefinition } from '../rule.ts';

/** A manifest that sam does not read, and nothing beside it that it does. */
export const uninstalledManifest: RuleDefinition<'project'> = defineRule({
  id: 'dependencies/uninstalled-manifest',
  subject: 'project',
  title: 'Manifest that sam does not install from',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(_, context) {
    for (const use of manifestUses(context)) {
      const { manifest } = use;
      const functions = use.functions.filter((one) => one.package.kind === 'zip' && (one.package.buildMethod === undefined || /^python\d/u.test(one.package.buildMethod)));
      const layers = use.layers.filter((one) => /^python\d/u.test(one.buildMethod ?? ''));
      const [first] = manifest.dependencies;
      if (use.hasRequirements || !first || functions.length + layers.length === 0 || isVendored(use, context)) continue;
      const imported = importedOf(use, functions, context);
      const exported = manifest.tool ? toolCommands[manifest.tool].exported : compileCommand;
      const count = manifest.dependencies.length;
      const where = listedNames([...functions, ...layers].map((one) => one.logicalId));
      const isUv = manifest.tool === 'uv' ? ', or set Metadata BuildMethod: python-uv, with which sam reads uv.lock' : '';
      yield {
        message: `sam installs from requirements.txt alone: ${count === 1 ? `${first.name} does not come` : `none of the ${count} packages here comes`} to ${where}`,
        at: { file: manifest.source, span: first.span },
        severity: imported === undefined ? 'warning' : 'error',
        advice: `${imported === undefined ? '' : `the code imports ${imported} when it is loaded; `}write requirements.txt beside it before \`sam build\`: \`${exported}\`${isUv}${manifest.lock && functions.every((one) => one.layers.length === 0) ? `; \`shear build\` takes ${lockNameOf(manifest.tool ?? 'uv')} as it is` : ''}`,
      };
    }
  },
});

/** Packages that stand in the code folder already. */
function isVendored({ manifest, functions, layers }: ManifestUse, { project }: RuleContext): boolean {
  const folders = [...functions.flatMap((one) => (one.package.kind === 'zip' ? one.package.codeFolder : [])), ...layers.flatMap((one) => one.contentFolder ?? [])];
  const own = new Set(folders.flatMap((folder) => [...ownNames(project, folder)]));
  return manifest.dependencies.some(({ normalizedName: name }) => (knownModules(name) ?? [name.replace(/-/gu, '_')]).some((module) => own.has(module)));
}

/** A module of the manifest's that a function imports on every start; undefined for none that is known. */
function importedOf({ manifest }: ManifestUse, functions: readonly LambdaFunction[], { project }: RuleContext): string | undefined {
  const inRuntime = new Set(runtimeModules());
  const modules = new Set(manifest.dependencies.flatMap(({ normalizedName: name }) => knownModules(name) ?? [name.replace(/-/gu, '_')]).filter((module) => !inRuntime.has(module)));
  for (const { package: code, layers } of functions) {
    // Another layer may bring them.
    if (code.kind !== 'zip' || code.handler === undefined || layers.length > 0) continue;
    const entry = entryPointIn(project, code.codeFolder, code.handler);
    const found = entry && loadingImports(project, entry)?.find(({ module }) => modules.has(module));
    if (found) return found.module;
  }
  return undefined;
}
