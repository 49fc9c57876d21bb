import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { isMark, type CodeToken } from '../../iam/code-tokens.ts';
import { importsIn, reachableScripts } from '../../iam/reachable-scripts.ts';
import { listedNames } from '../manifest-use.ts';
import { nodeFunctions, nodeUses, packageOf, type NodeFunction } from '../node-use.ts';
import { projectPath } from '../requirements-use.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** Packages that a Node.js function imports when it is loaded, and that nothing brings. */
export const undeclaredNodePackage: RuleDefinition<'project'> = defineRule({
  id: 'dependencies/undeclared-node-package',
  subject: 'project',
  title: 'Import of a Node.js package that is not declared',
  severity: 'error',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(project, context) {
    if (!project.areFilesComplete || project.unfollowedLinks.length > 0) return;
    const uses = nodeUses(context);
    for (const one of nodeFunctions(context)) {
      const folder = projectPath(project, one.code.codeFolder);
      // A layer may bring packages, a folder that is not looked into holds them, and a bundler stops by itself.
      if (one.isBundled || one.subject.layers.length > 0 || project.skipped.some((path) => path === posix.join(folder, 'node_modules'))) continue;
      const manifest = uses.find((use) => use.manifest.folder === folder)?.manifest;
      yield* draftsOf(one, new Set([...(manifest?.dependencies.map(({ name }) => name) ?? []), ...(manifest?.others ?? [])]), manifest !== undefined, context);
    }
  },
});

function* draftsOf(one: NodeFunction, declared: ReadonlySet<string>, hasManifest: boolean, { project }: RuleContext): Iterable<Draft> {
  const { code, subject, version } = one;
  const handler = code.handler?.replace(/\.\w+$/u, '');
  if (handler === undefined) return;
  const entry = join(code.codeFolder, handler);
  if (!project.scriptSources.some(({ path }) => path.startsWith(`${entry}.`))) return;
  const seen = new Set<string>();
  for (const { source, tokens } of reachableScripts(project.scriptSources, code.codeFolder, entry)?.files ?? []) {
    // What TypeScript imports may be types alone.
    if (/\.[cm]?tsx?$/u.test(source.path)) return;
    for (const { specifier, index } of importsIn(tokens)) {
      const name = specifier === undefined ? undefined : packageOf(specifier);
      const token = tokens[index];
      if (name === undefined || !token || isBuiltin(name) || declared.has(name) || seen.has(name) || inRuntime(name, version) || isInside(tokens, index)) continue;
      seen.add(name);
      const isOldSdk = name === 'aws-sdk';
      yield {
        message: isOldSdk ? `${subject.logicalId} imports aws-sdk, which Node.js runtimes from 18 on no longer have` : `${subject.logicalId} imports ${name}, and nothing installs it: the function fails when it is loaded`,
        at: { file: source, span: token.span },
        advice: isOldSdk ? 'use the clients of v3 (`@aws-sdk/client-…`), which the runtime has' : `\`npm install ${listedNames([name])}\` in the code folder${hasManifest ? '' : ', which has no package.json yet'}`,
      };
    }
  }
}

/** Source: Lambda developer guide, "Building Lambda functions with Node.js", "Runtime-included SDK versions"; "Supported runtimes for durable functions". */
function inRuntime(name: string, version: number): boolean {
  if (name === 'aws-sdk') return version <= 16;
  return version >= 18 && /^(?:@aws-sdk|@smithy|@aws-crypto|@aws)\//u.test(name);
}

/** True inside a function, a condition or a `try`: what need not run when the file is loaded. */
function isInside(tokens: readonly CodeToken[], index: number): boolean {
  let depth = 0;
  for (let i = 0; i < index; i++) {
    if (isMark(tokens[i], '{')) depth += 1;
    if (isMark(tokens[i], '}')) depth -= 1;
  }
  // `const { a } = require('x')` closes its braces before; `import { a } from 'x'` likewise.
  return depth > 0;
}
