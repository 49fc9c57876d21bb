import { resolve } from 'node:path';
import type { Fault } from '../../base/fault.ts';
import type { LambdaFunction } from '../../model/function.ts';
import type { Project } from '../../project/project.ts';
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
    for (const one of project.faults) yield* nestedDrafts(one, project);
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

/** Nested templates are looked for when the project is opened, where one that is not there does not stop those who look on. */
function* nestedDrafts({ code, what, place }: Fault, project: Project): Iterable<Draft> {
  const [, logicalId, path] = /^(\S+) nests (.+), which is not there$/u.exec(what) ?? [];
  const template = project.templates.find(({ source }) => source.path === place?.file);
  if (code !== 'project/missing-file' || !place || !template || logicalId === undefined || path === undefined) return;
  if (isMadeElsewhere(project, projectPath(project, resolve(template.folder, path)))) return;
  const { text } = template.source;
  const start = text.split('\n').slice(0, place.line - 1).reduce((sum, line) => sum + line.length + 1, 0) + place.column - 1;
  const rest = text.slice(start).split(/[\r\n]/u)[0] ?? '';
  const length = rest.includes(path) ? rest.indexOf(path) + path.length : rest.length;
  yield { message: `${logicalId} nests ${path}, which is not there`, at: { file: template.source, span: { start, end: start + length } }, advice: 'correct the path, which is relative to the template, or add the template' };
}

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
