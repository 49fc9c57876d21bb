import { requirementsOf } from '../dependency-use.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** Packages that Lambda's Python runtimes bring (Lambda developer guide, "Runtime-included SDK versions"), with their sizes unpacked. */
const runtimePackages: ReadonlyMap<string, number> = new Map([['boto3', 1_500_000], ['botocore', 26_000_000], ['s3transfer', 400_000], ['jmespath', 80_000], ['urllib3', 450_000], ['python-dateutil', 350_000], ['six', 40_000]]);

/** Packages that the runtime has already. */
export const duplicatedRuntimePackage: RuleDefinition<'requirements'> = defineRule({
  id: 'dependencies/duplicated-runtime-package',
  subject: 'requirements',
  title: 'Package that the runtime has already',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(use) {
    const isRuntimes = use.installations.every((one) => one.kind !== 'image' || one.family?.kind === 'lambda');
    if (!isRuntimes) return;
    const found = requirementsOf(use).filter((line) => line.normalizedName === 'boto3' || line.normalizedName === 'botocore');
    const [first] = found;
    if (!first || use.source !== use.file) return;
    const bytes = [...runtimePackages.values()].reduce((sum, size) => sum + size, 0);
    yield {
      message: `${found.map((line) => line.name).join(' and ')} ${found.length === 1 ? 'is' : 'are'} in Lambda's Python runtime already`,
      at: { file: use.source.requirements.source, span: first.span },
      cost: { kind: 'estimate', bytes, formula: 'boto3 with botocore and what they need, unpacked' },
      advice: 'a choice: leaving it out saves the bytes, and gives the version away to the runtime, which updates it without notice; keep it where builds are pinned',
    };
  },
});
