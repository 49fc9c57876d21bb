import { hasCodeToBuild } from '../../model/code-to-build.ts';
import type { Model } from '../../model/function.ts';
import type { Project } from '../../project/project.ts';
import { requirementsOf } from '../dependency-use.ts';
import { requirementsUses } from '../requirements-use.ts';
import { optionOf, profilePlace, profilesOf, runsWithout } from '../sam-profiles.ts';
import { optionsFix } from '../samconfig-edit.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** `sam build` that starts from nothing each time. */
export const uncachedBuild: RuleDefinition<'samconfig'> = defineRule({
  id: 'samconfig/uncached-build',
  subject: 'samconfig',
  title: 'sam build without its cache',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  *check(samconfig, context) {
    const { model, project } = context;
    const zips = cachedParts(model);
    if (zips === 0 && !model.functions.some((one) => one.package.kind === 'image')) return;
    const profiles = profilesOf(project).filter((profile) => !optionOf(project, profile, 'build', 'cached'));
    const [first] = profiles;
    if (first === undefined) return;
    const effect = zips > 0
      ? installs(model, project)
        ? 'zip functions and Lambda layers install their dependencies again when nothing changed'
        : 'zip functions and Lambda layers are built again when nothing changed'
      : 'image functions do not profit today (Docker has its own cache), Lambda layers and zip functions will';
    const settings = profiles.map((profile) => ({ profile, command: 'build', key: 'cached', value: true }));
    yield {
      message: `${runsWithout('build', 'cached = true', profiles)}: ${effect}`,
      at: profilePlace(first, 'build', context),
      cost: zips > 0 && installs(model, project) ? { kind: 'estimate', seconds: 7, formula: '8.7 s without and 1.5 to 2.5 s with the cache for one function where measured' } : undefined,
      ...optionsFix(samconfig, settings, `set cached = true for sam build`),
    };
  },
});

/** Whether anything is installed for a zip function or a Lambda layer. */
function installs(model: Model, project: Project): boolean {
  return requirementsUses(project, model).some((use) => use.installations.some(({ kind }) => kind !== 'image') && requirementsOf(use).length > 0) || project.manifests.length > 0;
}

/** How many things sam's cache serves: zip functions and Lambda layers, but for makefile builds, which it never caches. */
function cachedParts(model: Model): number {
  const zips = model.functions.filter((one) => hasCodeToBuild(one) && one.package.kind !== 'image' && !(one.package.kind === 'zip' && one.package.buildMethod === 'makefile'));
  const layers = model.layers.filter((one) => one.buildMethod !== undefined && one.buildMethod !== 'makefile');
  return zips.length + layers.length;
}
