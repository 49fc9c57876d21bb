import { finalSteps } from '../image-build.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** Python code that is compiled anew at each cold start. */
export const staleBytecode: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/stale-bytecode',
  subject: 'dockerfile',
  title: 'Python packages without bytecode',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(build) {
    for (const step of finalSteps(build)?.steps ?? []) {
      const { instruction } = step;
      const file = build.dockerfile.source;
      const word = instruction.keyword === 'ENV' ? instruction.words.find((one) => /^PYTHONDONTWRITEBYTECODE=["']?[^"'\s]/u.test(one.text)) : undefined;
      const uncompiled = step.effects.find((effect) => effect.kind === 'pip-install' && effect.options.noCompile);
      const span = word?.span ?? uncompiled?.span;
      if (!span) continue;
      yield {
        message: word ? 'PYTHONDONTWRITEBYTECODE keeps pip from compiling packages: each cold start does it again' : '--no-compile leaves packages to be compiled at each cold start',
        at: { file, span },
        cost: { kind: 'estimate', seconds: 1, formula: 'imports without bytecode took 3 to 4 times as long where measured' },
        advice: 'leave it out of the image that Lambda runs; `shear build` adds bytecode that stays valid',
      };
    }
  },
});
