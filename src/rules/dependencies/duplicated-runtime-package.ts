import { isExactPin } from '../../syntax/requirements.ts';
import { requirementsOf } from '../dependency-use.ts';
import { typicalBytes } from '../package-sizes.ts';
import { compiledFor } from '../requirements-use.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** Packages that the runtime has already. */
export const duplicatedRuntimePackage: RuleDefinition<'requirements'> = defineRule({
  id: 'dependencies/duplicated-runtime-package',
  subject: 'requirements',
  title: 'AWS SDK that the runtime has already',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(use, { knowledge }) {
    if (use.installations.some((one) => one.kind === 'image' && one.family?.kind !== 'lambda')) return;
    const found = requirementsOf(use).filter((line) => line.normalizedName === 'boto3' || line.normalizedName === 'botocore');
    const [first] = found;
    // Whoever names the version wants that one, and the runtime's moves.
    if (!first || use.source !== use.file || found.some((line) => isExactPin(line.specifier) || line.hashes.length > 0 || line.extras.length > 0)) return;
    const others = [...(compiledFor(use, knowledge)?.versions.keys() ?? [])].filter((name) => !['boto3', 'botocore', 's3transfer'].includes(name));
    if (others.some((name) => knowledge.packages.get(name)?.requires.some((needed) => needed === 'boto3' || needed === 'botocore') === true)) return;
    const least = found.find((line) => line.specifier !== '');
    yield {
      message: `${found.map((line) => line.name).join(' and ')} ${found.length === 1 ? 'is' : 'are'} in Lambda's Python runtime already`,
      at: { file: use.source.requirements.source, span: first.span },
      cost: { kind: 'estimate', bytes: typicalBytes(['boto3']), formula: 'boto3, botocore and what they need, unpacked, where no other package needs them' },
      advice: `a choice: without ${found.length === 1 ? 'the line' : 'the lines'} these bytes go, and the runtime's version counts, which AWS updates without notice${least ? ` and which must satisfy ${least.name}${least.specifier}` : ''}; pin the version to keep it yours`,
    };
  },
});
