import { dirname, join, resolve, sep } from 'node:path';
import type { PythonSource } from '../project/project.ts';
import { isMark, isName, nameText, stringValue, type CodeToken } from './code-tokens.ts';
import type { Doubt } from './need.ts';
import { tokenizeScript } from './script-tokens.ts';
import { scriptModule } from './script-services.ts';

/** A script in tokens. */
export interface ScriptCode {
  readonly source: PythonSource['source'];
  readonly path: string;
  readonly tokens: readonly CodeToken[];
}

/** The scripts that may run in a function, the SDK services that they import, and what their imports leave in doubt. */
export interface ReachableScripts {
  readonly files: readonly ScriptCode[];
  readonly services: ReadonlySet<string>;
  readonly usesSecondVersion: boolean;
  readonly doubts: readonly Doubt[];
}

/** Follows imports from a file (absolute, its ending left out) through the scripts under a root; undefined when it is not there. */
export function reachableScripts(sources: readonly PythonSource[], root: string, entry: string): ReachableScripts | undefined {
  const own = new Map(sources.filter(({ path }) => path.startsWith(root + sep)).map((source) => [source.path, source]));
  const start = fileAt(own, entry);
  if (!start) return undefined;
  const waiting = [start];
  const found = new Map<string, ScriptCode>();
  const services = new Set<string>();
  const doubts: Doubt[] = [];
  let usesSecondVersion = false;
  for (let source = waiting.pop(); source; source = waiting.pop()) {
    if (found.has(source.path)) continue;
    const code: ScriptCode = { ...source, tokens: tokenizeScript(source.source.text) };
    found.set(source.path, code);
    for (const { specifier, index } of importsIn(code.tokens)) {
      const at = { file: source.source, span: code.tokens[index]?.span ?? { start: 0, end: 0 } };
      if (specifier === undefined) doubts.push({ services: ['*'], why: 'a module is imported by a name that the text does not tell', at });
      else if (specifier.startsWith('.') || specifier.startsWith('/')) {
        const file = fileAt(own, resolve(dirname(source.path), specifier));
        if (file) waiting.push(file);
        else if (!/\.(?:json|graphql|html|txt|css|node)$/u.test(specifier)) doubts.push({ services: ['*'], why: `${specifier} is not among the function's sources`, at });
      } else {
        const module = scriptModule(specifier);
        for (const service of module.services) services.add(service);
        if (specifier === 'aws-sdk' || specifier.startsWith('aws-sdk/')) usesSecondVersion = true;
        if (module.doubts.length > 0) doubts.push({ services: module.doubts, why: `the library ${specifier} may call AWS by itself`, at });
      }
    }
  }
  return { files: [...found.values()], services, usesSecondVersion, doubts };
}

function fileAt(own: ReadonlyMap<string, PythonSource>, path: string): PythonSource | undefined {
  const bare = path.replace(/\.[cm]?jsx?$/u, '');
  const names = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.tsx', '.jsx'];
  for (const base of [path, bare, join(path, 'index')]) {
    for (const end of names) {
      const file = own.get(base + end);
      if (file) return file;
    }
  }
  return undefined;
}

/** `import … from 'x'`, `export … from 'x'`, `import('x')`, `require('x')`; types alone are left out. */
export function importsIn(tokens: readonly CodeToken[]): readonly { readonly specifier: string | undefined; readonly index: number }[] {
  const found: { specifier: string | undefined; index: number }[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const name = nameText(tokens[i]);
    if (isMark(tokens[i - 1], '.')) continue;
    if (name === 'import' && tokens[i + 1]?.kind === 'string') found.push({ specifier: stringValue(tokens[i + 1]), index: i + 1 });
    else if (name === 'from' && tokens[i + 1]?.kind === 'string' && !isTypeImport(tokens, i)) found.push({ specifier: stringValue(tokens[i + 1]), index: i + 1 });
    else if ((name === 'import' || name === 'require') && isMark(tokens[i + 1], '(')) found.push({ specifier: isMark(tokens[i + 3], '),') ? stringValue(tokens[i + 2]) : undefined, index: i + 2 });
  }
  return found;
}

function isTypeImport(tokens: readonly CodeToken[], from: number): boolean {
  for (let i = from - 1; i >= 0 && i > from - 200; i--) {
    if (isName(tokens[i], 'import') || isName(tokens[i], 'export')) return isName(tokens[i + 1], 'type') && !isName(tokens[i + 2], 'from');
  }
  return false;
}
