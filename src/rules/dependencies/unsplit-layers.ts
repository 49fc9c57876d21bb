import { finalSteps } from '../image-build.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** Dependencies and other things made by one instruction, and so in one layer that changes when either does. */
export const unsplitLayers: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dependencies/unsplit-layers',
  subject: 'dockerfile',
  title: 'Dependencies, ffmpeg and code in one layer',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(build) {
    const stage = finalSteps(build);
    for (const step of stage?.steps ?? []) {
      const pip = step.effects.some((effect) => effect.kind === 'pip-install' && effect.requirementsFiles.length > 0);
      const others = [
        ...(step.effects.some((effect) => effect.kind === 'os-packages' && effect.verb === 'install') ? ['OS packages'] : []),
        ...(step.effects.some((effect) => effect.kind === 'download') ? ['downloaded files'] : []),
      ];
      // Tools that go again in the same RUN are there for the install.
      const isTidy = step.effects.some((effect) => effect.kind === 'os-packages' && effect.verb === 'remove');
      if (pip && others.length > 0 && !isTidy) {
        yield {
          message: `one RUN brings ${['the dependencies', ...others].join(' and ')}: a change of one ships all of it again`,
          at: { file: build.dockerfile.source, span: step.instruction.span },
          advice: 'give each a RUN of its own, the rarely changed one first',
        };
      }
    }
  },
});
