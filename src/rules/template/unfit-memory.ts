import { limits } from '../../model/limits.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** Memory left at 128 MB, or outside what Lambda takes. */
export const unfitMemory: RuleDefinition<'function'> = defineRule({
  id: 'template/unfit-memory',
  subject: 'function',
  title: 'Memory left at the default, or outside the limits',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(subject) {
    const { memory } = subject;
    if (memory.kind !== 'known') return;
    const at = { file: subject.template.source, span: memory.node?.span ?? subject.span };
    const [least, most] = [limits.memoryMinimum.value, limits.memoryMaximum.value];
    if (memory.value < least || memory.value > most) {
      yield { message: `${subject.logicalId} asks for ${memory.value} MB of memory; Lambda gives ${least} to ${most} MB`, at, severity: 'error', advice: `choose a value from ${least} to ${most}` };
    } else if (memory.from === 'default' || memory.value === least) {
      const isImage = subject.package.kind === 'image';
      yield {
        message: `${subject.logicalId} runs with ${least} MB: ${isImage ? 'starting an image with that takes seconds, and ' : ''}1/14 of a processor goes with it`,
        at,
        advice: 'measure with more memory (`shear tune`): the processor grows with it, and shorter runs often cost no more',
      };
    }
  },
});
