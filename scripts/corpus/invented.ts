import type { Model } from '../../src/model/function.ts';
import type { Project } from '../../src/project/project.ts';
import { imageBuilds } from '../../src/rules/image-build.ts';
import { compileKey, noKnowledge, type CompiledRequirements, type Knowledge, type PackageFacts, type PinnedBase } from '../../src/rules/knowledge.ts';
import { requirementsUses } from '../../src/rules/requirements-use.ts';
import type { RequirementsFile } from '../../src/syntax/requirements.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

/**
 * Facts made up for every image and every requirement, so that each fix that waits for facts can be tried without a registry or a
 * package index. Versions and hashes are not real; nothing that is made with them can be built.
 */
export function inventedKnowledge(project: Project, model: Model): Knowledge {
  const bases = new Map<string, PinnedBase>();
  for (const build of imageBuilds(model)) {
    for (const { base, isOwnBase } of build.stages) {
      if (!isOwnBase && !base.includes('@') && !base.includes('$')) bases.set(base, { digest, versionTag: undefined });
    }
  }
  const compiled = new Map<string, CompiledRequirements>();
  const packages = new Map<string, PackageFacts>();
  for (const use of requirementsUses(project, model)) {
    if (!use.source.requirements.lines.every((line) => line.kind === 'requirement' || line.kind === 'comment' || line.kind === 'option')) continue;
    const names = namesIn(use.source.requirements);
    for (const name of names) packages.set(name, { modules: [name.replaceAll('-', '_')], isPlugin: false, requires: [], extras: [] });
    for (const target of use.targets ?? []) compiled.set(compileKey(use.source.requirements.source.text, target), compiledOf(names));
  }
  return { ...noKnowledge, bases, compiled, packages };
}

function namesIn(file: RequirementsFile): readonly string[] {
  const names = file.lines.flatMap((line) => (line.kind === 'requirement' && line.name !== undefined ? [line.name.toLowerCase().replace(/[-_.]+/gu, '-')] : []));
  return [...new Set(names)].toSorted();
}

function compiledOf(names: readonly string[]): CompiledRequirements {
  return {
    text: names.map((name) => `${name}==1.0.0 \\\n    --hash=${digest}\n`).join(''),
    versions: new Map(names.map((name) => [name, '1.0.0'])),
    isWheelsOnly: true,
  };
}
