import { developmentDocument, documentPath } from '../../workflow/development-document.ts';
import { documentsOf } from '../../workflow/documents.ts';
import { isBuilt } from '../../workflow/handlers.ts';
import { inventoryOf } from '../../workflow/inventory.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** No document takes a new developer from a clone to a function that answers. */
export const missingQuickStart: RuleDefinition<'project'> = defineRule({
  id: 'workflow/missing-quick-start',
  subject: 'project',
  title: 'No quick start for new developers',
  severity: 'advice',
  since: '0.2.0',
  status: 'stable',
  safety: 'safe',
  follows: ['samconfig/', 'workflow/untested-function', 'workflow/missing-dev-configuration', 'workflow/missing-scripts'],
  *check(project, { model }) {
    if (!project.areDeveloperFilesComplete || !model.functions.some(isBuilt)) return;
    const documents = documentsOf(project);
    if (documents.some(({ operations, file }) => operations.has('run') || operations.has('test') || /^#+\s.*(?:quick ?start|getting started)/imu.test(file.text))) return;
    const told = documents.find(({ operations }) => operations.size > 0);
    const isThere = project.files.some(({ path }) => path === documentPath);
    yield {
      message: told ? `${told.file.path} tells how to ${[...told.operations].join(' and ').replace('logs', 'follow logs')}, and no document how to run or test a function on one's own machine` : 'no document takes a new developer from a clone to a function that answers',
      at: { file: told?.file ?? project.templates[0].source, span: { start: 0, end: 0 } },
      ...(isThere ? { advice: `add a quick start to ${documentPath}` } : { fix: { title: `write ${documentPath} with a quick start of five minutes`, safety: 'safe' as const, edits: [{ kind: 'create' as const, path: documentPath, text: developmentDocument(project, inventoryOf(project, model)) }] } }),
    };
  },
});
