import type { LambdaFunction } from '../../model/function.ts';
import { isMadeElsewhere } from '../made-elsewhere.ts';
import { projectPath } from '../requirements-use.ts';
import { optionOf } from '../sam-profiles.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** Code, a build context or a Dockerfile that the template names and that is not there, and functions that nothing can be built for. */
export const missingCode: RuleDefinition<'project'> = defineRule({
  id: 'template/missing-code',
  subject: 'project',
  title: 'Function or layer without the code that it names',
  severity: 'error',
  since: '0.2.0',
  status: 'stable',
  safety: 'manual',
  *check(project, context) {
    // With a hook, for Terraform say, sam makes the template and the code by itself.
    if (optionOf(project, 'default', 'build', 'hook_name')) return;
    for (const one of context.model.functions) yield* functionDrafts(one, context);
    for (const { missingContent, logicalId, template } of context.model.layers) {
      if (!missingContent || isMadeElsewhere(project, projectPath(project, missingContent.folder))) continue;
      yield {
        message: `the content of ${logicalId} is not there: ContentUri names ${missingContent.written}`,
        at: { file: template.source, span: missingContent.span },
        advice: 'correct the path, which is relative to the template, or add the folder',
      };
    }
  },
});

function* functionDrafts({ logicalId, package: code, template }: LambdaFunction, { project }: RuleContext): Iterable<Draft> {
  // What a parameter decides may be right at deployment.
  if (code.kind !== 'unbuildable' || !code.span || /cannot be told/u.test(code.why)) return;
  if (code.missing !== undefined && isMadeElsewhere(project, projectPath(project, code.missing))) return;
  const advice = code.missing === undefined
    ? code.why.endsWith('is a file, not a folder') ? 'name the folder that it lies in: `sam build` copies folders alone' : 'correct it: `sam build` stops here or leaves the function as it is'
    : 'correct the path, which is relative to the template (Dockerfile: to DockerContext), or add what is missing';
  yield { message: `${logicalId} cannot be built: ${withoutWay(code.why)}`, at: { file: template.source, span: code.span }, advice };
}

/** The place that was looked at has this machine's folders in it. */
function withoutWay(why: string): string {
  return why.replace(/: looked for .*$/su, '');
}
