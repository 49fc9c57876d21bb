import { isBuilt } from '../../workflow/handlers.ts';
import { launchFile, launchPath } from '../../workflow/launch-file.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** No configuration with which an editor comes to a function in its debugger. */
export const missingDebugConfiguration: RuleDefinition<'project'> = defineRule({
  id: 'workflow/missing-debug-configuration',
  subject: 'project',
  title: 'No configuration for the debugger',
  severity: 'advice',
  since: '0.2.0',
  status: 'stable',
  safety: 'safe',
  onRequest: true,
  *check(project, { model }) {
    const functions = model.functions.filter(isBuilt);
    if (functions.length === 0 || project.files.some(({ path }) => path === launchPath)) return;
    yield {
      message: `there is no ${launchPath} that attaches to \`shear dev --debug\``,
      at: { file: project.templates[0].source, span: { start: 0, end: 0 } },
      fix: { title: `write ${launchPath} with a configuration for each function`, safety: 'safe', edits: [{ kind: 'create', path: launchPath, text: launchFile(project, functions) }] },
    };
  },
});
