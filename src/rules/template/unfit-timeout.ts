import { limits } from '../../model/limits.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** A timeout left at 3 s, or outside what Lambda takes. */
export const unfitTimeout: RuleDefinition<'function'> = defineRule({
  id: 'template/unfit-timeout',
  subject: 'function',
  title: 'Timeout left at the default, or outside the limits',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(subject) {
    const { timeout } = subject;
    if (timeout.kind !== 'known') return;
    const at = { file: subject.template.source, span: timeout.node?.span ?? subject.span };
    const most = limits.timeoutMaximum.value;
    if (timeout.value < 1 || timeout.value > most) {
      yield { message: `${subject.logicalId} may run ${timeout.value} s; Lambda takes 1 to ${most} s`, at, severity: 'error', advice: `choose a value from 1 to ${most}` };
    } else if (timeout.from === 'default') {
      yield { message: `${subject.logicalId} is stopped after 3 s, the default`, at, advice: 'set Timeout to what its longest event needs; `shear tune` measures it' };
    }
  },
});
