import type { DeclaredPackage } from '../../model/python-manifest.ts';
import { codeView, type CodeView } from '../dependency-use.ts';
import { developmentPackages, knownModules } from '../known-packages.ts';
import { compileCommand, listedNames, manifestUses, servedByManifest, toolCommands } from '../manifest-use.ts';
import { mayUse, usuallyIndirect, worksUnimported } from '../package-companions.ts';
import { defineRule, evidence, type RuleDefinition } from '../rule.ts';

/** Packages that a manifest of Poetry, Pipenv, uv or PDM asks for and no code imports. */
export const unusedManifestDependency: RuleDefinition<'project'> = defineRule({
  id: 'dependencies/unused-manifest-dependency',
  subject: 'project',
  title: 'Package of a manifest that nothing imports',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(_, context) {
    for (const use of manifestUses(context)) {
      const { manifest } = use;
      const view = codeView({ installations: servedByManifest(use) }, context);
      if (view.sources.length === 0 || view.unseen !== undefined || view.dynamic) continue;
      const unused = manifest.dependencies.filter((one) => isUnused(one, manifest.dependencies, view));
      const [first, ...rest] = unused;
      if (!first) continue;
      const names = unused.map(({ name }) => name);
      const how = manifest.tool ? `\`${toolCommands[manifest.tool].remove} ${names.join(' ')}\` takes ${names.length === 1 ? 'it' : 'them'} out of manifest and lock` : `take ${names.length === 1 ? 'it' : 'them'} out and run \`${compileCommand}\``;
      yield {
        message: `no import of ${listedNames(names, 'or')} is seen in the code`,
        at: { file: manifest.source, span: first.span },
        evidence: rest.map((one) => evidence(manifest.source, one.span, one.name)),
        advice: `${how}, where no other package uses ${names.length === 1 ? 'it' : 'them'}`,
      };
    }
  },
});

/** True only for packages whose modules are known, and that are not known to work in some other way. */
function isUnused({ normalizedName: name }: DeclaredPackage, all: readonly DeclaredPackage[], view: CodeView): boolean {
  const modules = knownModules(name);
  if (!modules || developmentPackages.has(name) || worksUnimported(name) || usuallyIndirect.has(name)) return false;
  if (modules.some((module) => view.imported.has(module)) || [name, ...modules].some((one) => view.naming(one) !== undefined)) return false;
  return !all.some((other) => mayUse(other.normalizedName, name));
}
