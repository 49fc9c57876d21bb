import { listedNames } from '../manifest-use.ts';
import { nodeUses } from '../node-use.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** A package.json without a lock. */
export const unlockedNodePackages: RuleDefinition<'project'> = defineRule({
  id: 'dependencies/unlocked-node-packages',
  subject: 'project',
  title: 'Node.js packages without a lock',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(_, context) {
    if (!context.project.areFilesComplete) return;
    for (const { manifest, functions } of nodeUses(context)) {
      const [first] = manifest.dependencies;
      if (!first || manifest.lock !== undefined) continue;
      const prefix = manifest.folder === '' ? '' : ` --prefix ${manifest.folder}`;
      yield {
        message: `there is no package-lock.json: each build of ${listedNames(functions.map(({ subject }) => subject.logicalId))} can install other versions`,
        at: { file: manifest.source, span: first.span },
        advice: `\`npm install --package-lock-only${prefix}\` writes it; commit it`,
      };
    }
  },
});
