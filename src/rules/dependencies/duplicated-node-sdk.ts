import { listedNames } from '../manifest-use.ts';
import { nodeUses } from '../node-use.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** Clients of the AWS SDK for JavaScript v3 that the runtime has already. */
export const duplicatedNodeSdk: RuleDefinition<'project'> = defineRule({
  id: 'dependencies/duplicated-node-sdk',
  subject: 'project',
  title: 'AWS SDK for JavaScript v3 that the runtime has already',
  severity: 'advice',
  since: '0.2.0',
  status: 'stable',
  safety: 'manual',
  *check(_, context) {
    for (const { manifest, functions } of nodeUses(context)) {
      // What esbuild bundles is a choice that pays: less to load than the whole SDK of the runtime.
      if (functions.some(({ isBundled, version }) => isBundled || version < firstWithSdk)) continue;
      const clients = manifest.dependencies.filter(({ name, specifier }) => isInRuntime.test(name) && !isExact.test(specifier));
      const [first] = clients;
      if (!first) continue;
      yield {
        message: `${listedNames(clients.map(({ name }) => name))} ${clients.length === 1 ? 'is' : 'are'} in Lambda's Node.js runtime already, and shipped again with ${listedNames(functions.map(({ subject }) => subject.logicalId))}`,
        at: { file: manifest.source, span: first.span },
        advice: 'a choice: among devDependencies they are there to write and test with, and not in the artefact; then the runtime\'s version counts, which AWS updates without notice. Name an exact version to keep it yours',
      };
    }
  },
});

/** nodejs18.x is the first runtime with v3. Source: Lambda developer guide, "Runtime-included SDK versions". */
const firstWithSdk = 18;
const isInRuntime = /^@aws-sdk\/(?:client-[\w-]+|lib-dynamodb|util-dynamodb)$/u;
/** Who names one version wants that one. */
const isExact = /^v?\d+\.\d+\.\d+$/u;
