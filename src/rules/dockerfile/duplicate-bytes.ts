import { finalSteps, type Step } from '../image-build.ts';
import { imagePath } from '../requirements-use.ts';
import { defineRule, evidence, type RuleDefinition } from '../rule.ts';

/** Files that are shipped twice: deleted or changed in a later layer than the one that brought them. */
export const duplicateBytes: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/duplicate-bytes',
  subject: 'dockerfile',
  title: 'Files shipped twice, or deleted in a later layer',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(build) {
    const steps = finalSteps(build)?.steps ?? [];
    const file = build.dockerfile.source;
    for (const step of steps) {
      for (const effect of step.effects) {
        if (effect.kind !== 'file-operation' || !['rm', 'chmod', 'chown', 'mv'].includes(effect.operation)) continue;
        for (const path of effect.paths.map((one) => imagePath(step, effect, one))) {
          const origin = path === undefined ? undefined : steps.slice(0, step.index).findLast((earlier) => brings(earlier, path));
          if (!origin || (effect.operation === 'chmod' && !effect.recursive && !origin.copy)) continue;
          const verb = effect.operation === 'rm' ? 'is deleted here, in a later layer than the one that brings it: its bytes are shipped all the same' : `is shipped a second time, because ${effect.operation} changes it in a later layer`;
          yield {
            message: `${path ?? ''} ${verb}`,
            at: { file, span: effect.span },
            evidence: [evidence(file, origin.instruction.span, 'brought here')],
            advice: effect.operation === 'rm' ? 'delete it in the same RUN that makes it, or do not copy it' : effect.operation === 'mv' ? 'copy it to its place at once' : `use COPY --${effect.operation}`,
          };
        }
      }
    }
  },
});

/** True when a COPY or an earlier command surely makes this very path. */
function brings(step: Step, path: string): boolean {
  const { copy } = step;
  if (copy) return copy.sources.some((source) => source !== '.' && !/[*?[]/u.test(source) && (copy.isFolder ? `${copy.destination.replace(/\/$/u, '')}/${source.split('/').at(-1) ?? ''}` : copy.destination) === path) || (copy.sources[0] === '.' && copy.destination === path);
  return step.effects.some((effect) => (effect.kind === 'download' && imagePath(step, effect, effect.output) === path) || (effect.kind === 'pip-install' && effect.location.kind === 'target' && effect.location.path === path));
}
