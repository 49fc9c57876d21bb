import { listedNames } from '../manifest-use.ts';
import { isNodeTool, nodeUses, scriptImports } from '../node-use.ts';
import { defineRule, evidence, type RuleDefinition } from '../rule.ts';

/** Packages that are shipped and that nothing imports. */
export const unusedNodePackage: RuleDefinition<'project'> = defineRule({
  id: 'dependencies/unused-node-package',
  subject: 'project',
  title: 'Node.js package that nothing imports',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(_, context) {
    for (const { manifest, functions } of nodeUses(context)) {
      if (manifest.isWorkspace) continue;
      const isBundled = functions.every((one) => one.isBundled);
      const { sources, packages, literals, isDynamic } = scriptImports(context, functions.map(({ code }) => code.codeFolder));
      if (sources.length === 0 || isDynamic || context.project.unfollowedLinks.length > 0) continue;
      const words = [...literals].join('\n');
      const unused = manifest.dependencies.filter(({ name }) => !packages.has(name) && !isNodeTool(name) && !worksUnimported.test(name) && !words.includes(name) && !manifest.rest.includes(name));
      const [first, ...rest] = unused;
      if (!first) continue;
      const names = unused.map(({ name }) => name);
      yield {
        message: `no import of ${listedNames(names, 'or')} is seen in the code${isBundled ? ': each build installs it for nothing, though no bundle takes it in' : ''}`,
        at: { file: manifest.source, span: first.span },
        evidence: rest.map((one) => evidence(manifest.source, one.span, one.name)),
        advice: `\`npm uninstall${manifest.folder === '' ? '' : ` --prefix ${manifest.folder}`} ${names.join(' ')}\` takes ${names.length === 1 ? 'it' : 'them'} out, where no other package needs ${names.length === 1 ? 'it' : 'them'} beside it`,
      };
    }
  },
});

/** Instrumentation, drivers and codecs that others load, tools. */
const worksUnimported = /^(?:@opentelemetry\/|@datadog\/|dd-trace$|datadog-lambda-js$|newrelic$|@newrelic\/|@sentry\/|aws-xray-sdk|@babel\/|@prisma\/|prisma$|pg$|pg-|mysql2?$|sqlite3$|mongodb$|bufferutil$|utf-8-validate$|encoding$|source-map-support$|reflect-metadata$|tslib$|canvas$|sharp$|graphql$|react(?:-dom)?$|express$|@nestjs\/|class-transformer$|class-validator$|rxjs$|aws-lambda-ric$|typescript$)/u;
