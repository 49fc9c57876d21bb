import type { LambdaFunction } from '../../model/function.ts';
import { limits } from '../../model/limits.ts';
import { requirementsOf, type Requirement } from '../dependency-use.ts';
import { listedNames } from '../manifest-use.ts';
import { weightOf } from '../package-sizes.ts';
import { requirementsUses, type RequirementsUse } from '../requirements-use.ts';
import { defineRule, evidence, type RuleDefinition } from '../rule.ts';

/** Less than this (bytes) in each artefact is not worth a Lambda layer. */
const least = 10_000_000;

/** The same heavy packages in several zip functions. */
export const repeatedDependencies: RuleDefinition<'project'> = defineRule({
  id: 'dependencies/repeated-dependencies',
  subject: 'project',
  title: 'The same packages in several zip functions',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(project, { model, knowledge }) {
    for (const members of groupsOf(requirementsUses(project, model))) {
      // The runtime has the SDK: dependencies/duplicated-runtime-package speaks of it.
      const common = commonTo(members).filter(({ normalizedName: name }) => name !== 'boto3' && name !== 'botocore');
      const [first, ...rest] = members;
      const [line] = common;
      if (!first || !line) continue;
      const weight = weightOf(common.map(({ normalizedName }) => normalizedName), knowledge);
      if (weight.bytes < least || weight.bytes > limits.zipUnpacked.value) continue;
      const functions = members.flatMap(({ functions: own }) => own);
      const names = functions.map(({ logicalId }) => logicalId);
      const packages = listedNames(common.map(({ name }) => name));
      yield {
        message: `${listedNames(names)} each ship ${packages}`,
        at: { file: first.use.source.requirements.source, span: line.span },
        cost: { kind: weight.kind, bytes: weight.bytes * (members.length - 1), formula: `${packages} with what they need, unpacked, in each artefact but one` },
        evidence: rest.flatMap(({ use }) => requirementsOf(use).filter((one) => one.normalizedName === line.normalizedName).map((one) => evidence(use.source.requirements.source, one.span, one.name))),
        advice: `put ${common.length === 1 ? 'it' : 'them'} into the requirements.txt of one AWS::Serverless::LayerVersion with BuildMethod ${first.runtime}, and its Ref into their Layers: built, uploaded and kept once`,
      };
    }
  },
});

interface Member {
  readonly use: RequirementsUse;
  readonly functions: readonly LambdaFunction[];
  readonly runtime: string;
}

/** Requirements files of zip functions of one template, for one runtime and processor, at least two. */
function groupsOf(uses: readonly RequirementsUse[]): readonly (readonly Member[])[] {
  const groups = new Map<string, Member[]>();
  for (const use of uses) {
    const functions = use.installations.flatMap((one) => (one.kind === 'zip' ? [one.subject] : []));
    const [first] = functions;
    if (!first || functions.length !== use.installations.length || functions.some(({ layers }) => layers.length >= limits.layers.value)) continue;
    const kinds = new Set(functions.map((one) => `${one.template.path}\n${one.package.kind === 'zip' ? one.package.runtime : ''}\n${one.architecture.kind === 'known' ? one.architecture.value : '?'}`));
    const [kind = '?'] = kinds;
    if (kinds.size > 1 || kind.endsWith('?')) continue;
    const runtime = first.package.kind === 'zip' ? first.package.runtime : '';
    groups.set(kind, [...(groups.get(kind) ?? []), { use, functions, runtime }]);
  }
  return [...groups.values()].flatMap(alike);
}

/** Of a group, those that have the heaviest packages in common: two files or more. */
function alike(members: readonly Member[]): readonly (readonly Member[])[] {
  const counts = new Map<string, Member[]>();
  for (const member of members) for (const line of requirementsOf(member.use)) counts.set(identityOf(line), [...(counts.get(identityOf(line)) ?? []), member]);
  const shared = [...counts.values()].filter((those) => those.length > 1);
  const unique = new Map(shared.map((those) => [those.map(({ use }) => use.source.path).join('\n'), those]));
  return [...unique.values()];
}

/** Lines that all of them have, and that only these have in common. */
function commonTo(members: readonly Member[]): readonly Requirement[] {
  const [first, ...rest] = members;
  return first ? requirementsOf(first.use).filter((line) => rest.every(({ use }) => requirementsOf(use).some((other) => identityOf(other) === identityOf(line)))) : [];
}

function identityOf(line: Requirement): string {
  return JSON.stringify([line.normalizedName, line.extras, line.specifier.replace(/\s/gu, ''), line.marker ?? '', line.url ?? '']);
}
