import { lockNameOf } from '../../model/python-manifest.ts';
import { compileCommand, listedNames, manifestUses, toolCommands } from '../manifest-use.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** A manifest of Poetry, Pipenv, uv or PDM without a lock, or whose lock lacks what it asks for. */
export const unlockedManifest: RuleDefinition<'project'> = defineRule({
  id: 'dependencies/unlocked-manifest',
  subject: 'project',
  title: 'Manifest without a lock that fits it',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(_, context) {
    for (const { manifest, hasRequirements } of manifestUses(context)) {
      const { tool, lock, source, dependencies } = manifest;
      const [first] = dependencies;
      // With a requirements.txt beside it that one is what is installed, and other rules look at it.
      if (!first || (hasRequirements && !lock)) continue;
      if (!lock) {
        const message = `${source.path} has no ${tool ? lockNameOf(tool) : 'lock'}: each build can install other versions`;
        yield { message, at: { file: source, span: first.span }, advice: tool ? `\`${toolCommands[tool].lock}\` writes it; commit it` : `\`${compileCommand}\` writes versions and hashes; commit it` };
        continue;
      }
      const missing = dependencies.filter(({ normalizedName }) => !lock.names.has(normalizedName));
      const [one] = missing;
      if (!one || !tool) continue;
      yield {
        message: `${lock.source.path} has no ${listedNames(missing.map(({ name }) => name), 'or')}: it is older than ${source.path}`,
        at: { file: source, span: one.span },
        advice: `\`${toolCommands[tool].lock}\` brings it up to date`,
      };
    }
  },
});
