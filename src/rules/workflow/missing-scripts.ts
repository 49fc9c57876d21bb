import type { Draft, RuleContext } from '../rule.ts';
import { hasCodeToBuild } from '../../model/code-to-build.ts';
import { isBuiltHere } from '../../workflow/handlers.ts';
import { inventoryOf } from '../../workflow/inventory.ts';
import { makefileText } from '../../workflow/makefile.ts';
import { operations, scriptFilesOf, type ScriptFile } from '../../workflow/operations.ts';
import { packageScriptsEdit, packageScriptsFor } from '../../workflow/package-scripts.ts';
import { tasksOf } from '../../workflow/tasks.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** Common operations that everybody has to type out. */
export const missingScripts: RuleDefinition<'project'> = defineRule({
  id: 'workflow/missing-scripts',
  subject: 'project',
  title: 'No scripts for common operations',
  severity: 'advice',
  since: '0.2.0',
  status: 'stable',
  safety: 'safe',
  follows: ['samconfig/', 'workflow/untested-function', 'workflow/missing-dev-configuration'],
  *check(project, context) {
    if (!project.areDeveloperFilesComplete || !project.areFilesComplete || !(isBuiltHere(context.model) || madeFirst(context).length > 0)) return;
    const scripts = scriptFilesOf(project);
    const has = new Set(scripts.flatMap(({ operations: own }) => [...own]));
    const missing = operations.filter((one) => !has.has(one));
    // A few are enough where somebody has thought about it: a project need not have all.
    if (!(missing.includes('build') && missing.includes('deploy')) && missing.length < 3) return;
    yield { ...draftOf(scripts, missing, context), at: { file: project.templates[0].source, span: { start: 0, end: 0 } } };
  },
});

/** Functions whose code something else makes first, by a command that only the project knows. */
function madeFirst({ model }: RuleContext): readonly string[] {
  return model.functions.filter((one) => hasCodeToBuild(one) && one.package.kind === 'unbuildable').map(({ logicalId }) => logicalId);
}

function draftOf(scripts: readonly ScriptFile[], missing: readonly string[], context: RuleContext): Omit<Draft, 'at'> {
  const { project, model } = context;
  const inventory = inventoryOf(project, model);
  const makefile = project.files.find(({ path }) => /^(?:gnu)?makefile$/iu.test(path));
  const manifest = project.developerFiles.find(({ path }) => path === 'package.json');
  const verbs = missing.map((one) => (one === 'logs' ? 'follow logs' : one));
  const named = [...verbs.slice(0, -1).join(', '), verbs.length > 1 ? ' or ' : '', verbs.at(-1) ?? ''].join('');
  if (makefile) {
    const tasks = tasksOf(inventory).map(({ name }) => name).filter((name) => !inventory.makeTargets.has(name));
    return { message: `${makefile.path} has no target to ${named}`, advice: `add targets to it, such as ${tasks.join(', ')}; it is yours, so shear leaves it alone` };
  }
  const [first] = madeFirst(context);
  if (first !== undefined) {
    const where = manifest ? 'package.json has no script' : 'there is no script';
    return { message: `${where} to ${named}${manifest ? ' with sam' : ''}`, advice: `add some, each after what makes the code folder of ${first}: that is not here, so shear cannot write them` };
  }
  if (manifest) {
    const edit = packageScriptsEdit(manifest, packageScriptsFor(inventory));
    return {
      message: `package.json has no script to ${named} with sam`,
      ...(edit ? { fix: { title: 'add scripts to package.json: npm run sam:build and so on', safety: 'safe' as const, edits: [edit] } } : { advice: 'add scripts to package.json' }),
    };
  }
  const isSome = scripts.some(({ operations: own }) => own.size > 0);
  return {
    message: isSome ? `there is no script to ${named}` : `there are no scripts: to ${named} everybody types out the commands`,
    fix: { title: 'write a Makefile; `make` lists what it can do', safety: 'safe', edits: [{ kind: 'create', path: 'Makefile', text: makefileText(inventory) }] },
  };
}
