import { developmentDocument, documentPath } from '../../workflow/development-document.ts';
import { documentsOf } from '../../workflow/documents.ts';
import { isBuiltHere } from '../../workflow/handlers.ts';
import { inventoryOf } from '../../workflow/inventory.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** No document says how the project is built, run, tested or deployed. */
export const undocumentedWorkflow: RuleDefinition<'project'> = defineRule({
  id: 'workflow/undocumented-workflow',
  subject: 'project',
  title: 'No document on how to develop the project',
  severity: 'advice',
  since: '0.2.0',
  status: 'stable',
  safety: 'safe',
  follows: ['samconfig/', 'workflow/untested-function', 'workflow/missing-dev-configuration', 'workflow/missing-scripts'],
  *check(project, { model }) {
    if (!project.areDeveloperFilesComplete || !isBuiltHere(model)) return;
    const documents = documentsOf(project);
    if (documents.some(({ operations }) => operations.size > 0)) return;
    const isThere = project.files.some(({ path }) => path === documentPath);
    const first = documents.find(({ file }) => /(?:^|\/)(?:readme|development|contributing)/iu.test(file.path));
    yield {
      message: first ? `${first.file.path} does not say how to build, run, test or deploy this project` : 'no document says how to build, run, test or deploy this project',
      at: { file: first?.file ?? project.templates[0].source, span: { start: 0, end: 0 } },
      ...(isThere ? { advice: `add to ${documentPath} what a new developer has to type` } : { fix: { title: `write ${documentPath} from what the project has`, safety: 'safe' as const, edits: [{ kind: 'create' as const, path: documentPath, text: developmentDocument(project, inventoryOf(project, model)) }] } }),
    };
  },
});
