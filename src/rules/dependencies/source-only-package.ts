import { requirementsOf } from '../dependency-use.ts';
import { compileKey } from '../knowledge.ts';
import { listedNames } from '../manifest-use.ts';
import { defineRule, evidence, type RuleDefinition } from '../rule.ts';

/** Packages of zip functions and Lambda layers that come as sources alone, so that a build compiles them. */
export const sourceOnlyPackage: RuleDefinition<'requirements'> = defineRule({
  id: 'dependencies/source-only-package',
  subject: 'requirements',
  title: 'Package without a wheel for the function',
  severity: 'warning',
  since: '0.2.0',
  status: 'preview',
  safety: 'manual',
  *check(use, { knowledge }) {
    // In an image the base compiles, for the machine that runs it.
    if (use.installations.every((one) => one.kind === 'image')) return;
    const { source } = use.source.requirements;
    const names = [...new Set((use.targets ?? []).flatMap((target) => knowledge.compiled.get(compileKey(source.text, target))?.sourceOnly ?? []))];
    const [first, ...rest] = requirementsOf(use);
    if (names.length === 0 || !first) return;
    const own = [first, ...rest].filter((line) => names.includes(line.normalizedName));
    const [target] = use.targets ?? [];
    const machine = target ? `Python ${target.python.major}.${target.python.minor} on ${target.architecture}` : 'the function';
    yield {
      message: `${listedNames(names)} ${names.length === 1 ? 'has' : 'have'} no wheel for ${machine}: a build compiles ${names.length === 1 ? 'it' : 'them'} with what the building machine has`,
      at: { file: source, span: (own[0] ?? first).span },
      evidence: own.slice(1).map((line) => evidence(source, line.span, line.name)),
      advice: 'take a version that has one, or build with `sam build --use-container`; code in C that another system compiled does not run on Lambda',
    };
  },
});
