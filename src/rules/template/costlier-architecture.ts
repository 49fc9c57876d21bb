import type { LambdaFunction } from '../../model/function.ts';
import { gigabyteSecond } from '../../model/prices.ts';
import { portabilityOf } from '../portability.ts';
import { defineRule, evidence, type RuleDefinition } from '../rule.ts';
import { evaluatedOf, functionsIn, listed, spanOfValue } from '../template-use.ts';

/** x86_64 although everything runs on arm64 as well, for less. */
export const costlierArchitecture: RuleDefinition<'template'> = defineRule({
  id: 'template/costlier-architecture',
  subject: 'template',
  title: 'x86_64 where arm64 would do for less',
  severity: 'advice',
  since: '0.2.0',
  status: 'stable',
  safety: 'manual',
  *check(template, context) {
    const evaluated = evaluatedOf(template, context.model);
    // Functions at the edge exist for x86_64 alone.
    if (evaluated?.resources.some(({ type }) => type === 'AWS::CloudFront::Distribution') !== false) return;
    const isPortable = portabilityOf(context);
    const functions = functionsIn(template, context.model).filter((fn) => isOnX86(fn) && isPortable(fn));
    const [first] = functions;
    if (!first) return;
    const file = template.source;
    const less = Math.round((1 - gigabyteSecond.arm64 / gigabyteSecond.x86_64) * 100);
    yield {
      message: `${listed(functions.map((fn) => fn.logicalId))} ${functions.length === 1 ? 'runs' : 'run'} on x86_64 and ${functions.length === 1 ? 'ships' : 'ship'} nothing that arm64 does not run: a second there costs ${less} % less`,
      at: { file, span: spanOfValue(first.architecture, first.span) },
      cost: { kind: 'estimate', formula: `GB-seconds × ($${gigabyteSecond.x86_64.toFixed(10)} − $${gigabyteSecond.arm64.toFixed(10)}), at the same duration` },
      evidence: functions.map((fn) => evidence(file, spanOfValue(fn.architecture, fn.span), fn.logicalId)),
      advice: 'fix leaves this alone, since code may behave differently on another processor: set Architectures: [arm64] (in Globals for all) in a stage for testing, and compare durations',
    };
  },
});

function isOnX86({ architecture, property }: LambdaFunction): boolean {
  return architecture.kind === 'known' && architecture.value === 'x86_64' && property('CapacityProviderConfig') === undefined;
}
