import type { ManifestTool } from '../../model/python-manifest.ts';
import { codeView } from '../dependency-use.ts';
import { isForDevelopment, knownModules } from '../known-packages.ts';
import { listedNames, manifestUses, servedByManifest } from '../manifest-use.ts';
import { defineRule, evidence, type RuleDefinition } from '../rule.ts';

/** Test and lint tools among the runtime packages of a manifest of Poetry, Pipenv, uv or PDM. */
export const developmentManifestDependency: RuleDefinition<'project'> = defineRule({
  id: 'dependencies/development-manifest-dependency',
  subject: 'project',
  title: 'Development tool among the runtime packages of a manifest',
  severity: 'warning',
  since: '0.2.0',
  status: 'stable',
  safety: 'manual',
  *check(_, context) {
    for (const use of manifestUses(context)) {
      const { manifest } = use;
      const view = codeView({ installations: servedByManifest(use) }, context);
      const found = manifest.dependencies.filter(({ normalizedName: name }) => {
        const modules = knownModules(name) ?? [name.replaceAll('-', '_')];
        return isForDevelopment(name) && view.naming(name) !== 'reference' && !modules.some((module) => view.importedOutsideTests.has(module));
      });
      const [first, ...rest] = found;
      if (!first) continue;
      const names = found.map(({ name }) => name);
      yield {
        message: `${listedNames(names)} ${names.length === 1 ? 'serves' : 'serve'} development, and ${names.length === 1 ? 'is' : 'are'} installed into the artefact`,
        at: { file: manifest.source, span: first.span },
        evidence: rest.map((one) => evidence(manifest.source, one.span, one.name)),
        advice: manifest.tool ? `\`${moves[manifest.tool](names.join(' '))}\` moves ${names.length === 1 ? 'it' : 'them'}; install with ${without[manifest.tool]}` : 'move them to [dependency-groups] or an optional group',
      };
    }
  },
});

/** Commands that move packages to the group for development. */
const moves: Readonly<Record<ManifestTool, (names: string) => string>> = {
  poetry: (names) => `poetry remove ${names} && poetry add --group dev ${names}`,
  pipenv: (names) => `pipenv uninstall ${names} && pipenv install --dev ${names}`,
  uv: (names) => `uv remove ${names} && uv add --dev ${names}`,
  pdm: (names) => `pdm remove ${names} && pdm add -dG dev ${names}`,
};

/** What leaves that group out of an installation. */
const without: Readonly<Record<ManifestTool, string>> = { poetry: '`poetry install --only main`', pipenv: '`pipenv sync`', uv: '`uv sync --no-dev`', pdm: '`pdm sync --prod`' };
