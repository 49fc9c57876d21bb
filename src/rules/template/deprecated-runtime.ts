import { isDeprecated, runtimeFacts, runtimesAsOf } from '../../model/limits.ts';
import type { LambdaFunction } from '../../model/function.ts';
import type { TemplateFile } from '../../project/project.ts';
import { rootStage, runtimeOfBase } from '../base-runtime.ts';
import { imageBuilds, type ImageBuild } from '../image-build.ts';
import { defineRule, evidence, type Draft, type RuleDefinition } from '../rule.ts';
import { evaluatedOf, functionsIn, listed, textIn } from '../template-use.ts';

/** Runtimes that get no more security patches. */
export const deprecatedRuntime: RuleDefinition<'template'> = defineRule({
  id: 'template/deprecated-runtime',
  subject: 'template',
  title: 'Runtime without support',
  severity: 'warning',
  since: '0.2.0',
  status: 'stable',
  safety: 'manual',
  *check(template, { model }) {
    const evaluated = evaluatedOf(template, model);
    const groups = new Map<string, LambdaFunction[]>();
    for (const fn of functionsIn(template, model)) {
      const runtime = evaluated && textIn(evaluated, fn.property('Runtime'));
      // What has ended since the dates were last looked at is left to the next version: a date may have been moved.
      if (runtime === undefined || !hasEnded(runtime)) continue;
      groups.set(runtime, [...(groups.get(runtime) ?? []), fn]);
    }
    for (const [runtime, functions] of groups) yield draftOf(template, runtime, functions);
    for (const build of imageBuilds(model)) {
      if (build.functions.some((fn) => fn.template === template)) yield* imageDrafts(build);
    }
  },
});

function hasEnded(runtime: string): boolean {
  return isDeprecated(runtime, Date.parse(runtimesAsOf));
}

/** Base images are built no longer once their runtime has ended; images on them can still be deployed. */
function* imageDrafts(build: ImageBuild): Iterable<Draft> {
  const root = rootStage(build);
  const runtime = root && runtimeOfBase(root.base);
  if (!root || runtime === undefined || !hasEnded(runtime)) return;
  const facts = runtimeFacts(runtime);
  const names = listed(build.functions.map((fn) => fn.logicalId));
  yield {
    message: `${names} ${build.functions.length === 1 ? 'is' : 'are'} built on ${root.base}, without security patches since ${facts?.deprecatedOn ?? ''}`,
    at: { file: build.dockerfile.source, span: root.stage.base.span },
    evidence: build.functions.map((fn) => evidence(fn.template.source, fn.span, fn.logicalId)),
    advice: 'move to the base image of a supported version and run the tests: code and dependencies may need changes',
  };
}

function draftOf(template: TemplateFile, runtime: string, functions: readonly LambdaFunction[]): Draft {
  const facts = runtimeFacts(runtime);
  const file = template.source;
  const spans = functions.map((fn) => {
    const node = fn.property('Runtime');
    return node ? (node.alias ?? node.span) : fn.span;
  });
  const blocked = facts?.createBlockedOn;
  const isBlocked = blocked !== undefined && blocked <= runtimesAsOf;
  const ends = isBlocked ? `, and no function can be created with it since ${blocked}` : blocked === undefined ? '' : `, and from ${blocked} on no function can be created with it`;
  const names = listed(functions.map((fn) => fn.logicalId));
  return {
    message: `${names} ${functions.length === 1 ? 'runs' : 'run'} on ${runtime}, without security patches since ${facts?.deprecatedOn ?? ''}${ends}`,
    at: { file, span: spans[0] ?? { start: 0, end: 0 } },
    severity: isBlocked ? 'error' : 'warning',
    evidence: functions.map((fn, index) => evidence(file, spans[index] ?? fn.span, fn.logicalId)),
    advice: facts?.successor === undefined ? 'move to a supported runtime' : `move to ${facts.successor}, or a supported version in between, and run the tests: code and dependencies may need changes`,
  };
}
