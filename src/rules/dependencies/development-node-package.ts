import { isNodeTool, nodeUses, scriptImports } from '../node-use.ts';
import { defineRule, evidence, type RuleDefinition } from '../rule.ts';
import { listedNames } from '../manifest-use.ts';

/** Test runners, compilers and linters among the packages that a function is shipped with. */
export const developmentNodePackage: RuleDefinition<'project'> = defineRule({
  id: 'dependencies/development-node-package',
  subject: 'project',
  title: 'Development tool among the dependencies of package.json',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(_, context) {
    for (const { manifest, functions } of nodeUses(context)) {
      // A bundle takes what is imported, from whichever list.
      if (functions.every(({ isBundled }) => isBundled)) continue;
      const { outsideTests, literals, isDynamic } = scriptImports(context, functions.map(({ code }) => code.codeFolder));
      if (isDynamic) continue;
      const found = manifest.dependencies.filter(({ name }) => isNodeTool(name) && !outsideTests.has(name) && !literals.has(name));
      const [first, ...rest] = found;
      if (!first) continue;
      const names = found.map(({ name }) => name);
      const script = /"(preinstall|install|postinstall|prepare)"\s*:/u.exec(manifest.rest)?.[1];
      yield {
        message: `${listedNames(names)} ${names.length === 1 ? 'serves' : 'serve'} development, and ${names.length === 1 ? 'is' : 'are'} shipped with the function`,
        at: { file: manifest.source, span: first.span },
        evidence: rest.map((one) => evidence(manifest.source, one.span, one.name)),
        advice: script !== undefined ? `its ${script} script, which runs where sam installs, may need ${names.length === 1 ? 'it' : 'them'}: do that work before \`sam build\`, then move ${names.length === 1 ? 'it' : 'them'} to devDependencies, which sam leaves out` : `\`npm install --save-dev${manifest.folder === '' ? '' : ` --prefix ${manifest.folder}`} ${names.join(' ')}\` moves ${names.length === 1 ? 'it' : 'them'}: sam installs without devDependencies`,
      };
    }
  },
});
