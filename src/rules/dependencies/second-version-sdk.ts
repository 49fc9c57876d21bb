import { listedNames } from '../manifest-use.ts';
import { nodeUses } from '../node-use.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** aws-sdk 2.1692.0, unpacked. */
const unpackedBytes = 98_000_000;

/** The AWS SDK for JavaScript v2 in the artefact. */
export const secondVersionSdk: RuleDefinition<'project'> = defineRule({
  id: 'dependencies/second-version-sdk',
  subject: 'project',
  title: 'AWS SDK for JavaScript v2 shipped with the function',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(_, context) {
    for (const { manifest, functions } of nodeUses(context)) {
      const sdk = manifest.dependencies.find(({ name }) => name === 'aws-sdk');
      if (!sdk) continue;
      const copied = functions.filter(({ isBundled }) => !isBundled);
      const isOld = functions.every(({ version }) => version <= 16);
      const names = listedNames(functions.map(({ subject }) => subject.logicalId));
      yield {
        message: isOld ? `${names} ${functions.length === 1 ? 'ships' : 'ship'} aws-sdk v2, which the runtime has already` : `${names} ${functions.length === 1 ? 'ships' : 'ship'} aws-sdk v2, which AWS no longer maintains`,
        at: { file: manifest.source, span: sdk.span },
        cost: copied.length === 0 ? undefined : { kind: 'estimate', bytes: unpackedBytes, formula: 'aws-sdk 2.1692.0, unpacked, in each artefact' },
        advice: isOld ? 'leave it out, or pin it where the version matters' : 'use the clients of v3 (`@aws-sdk/client-…`): one package for each service, and the runtime has them',
      };
    }
  },
});
