import { posix } from 'node:path';
import type { LambdaFunction, ZipPackage } from '../../model/function.ts';
import { filesBelow } from '../../model/files-below.ts';
import { sourcesBelow } from '../../model/sources-below.ts';
import type { Project } from '../../project/project.ts';
import { isMadeElsewhere } from '../made-elsewhere.ts';
import { knownModules } from '../known-packages.ts';
import { projectPath } from '../requirements-use.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** A Handler whose file or function the code does not have: every invocation fails with Runtime.ImportModuleError or HandlerNotFound. */
export const missingHandler: RuleDefinition<'function'> = defineRule({
  id: 'template/missing-handler',
  subject: 'function',
  title: 'Handler that the code does not have',
  severity: 'error',
  since: '0.2.0',
  status: 'stable',
  safety: 'manual',
  *check(subject, context) {
    const { package: code } = subject;
    if (code.kind !== 'zip' || code.handler === undefined || !context.project.areFilesComplete) return;
    const node = subject.property('Handler');
    if (!node) return;
    const at = { file: subject.template.source, span: node.alias ?? node.span };
    // A Handler of Globals serves other functions too: their own template is where it stands.
    if (subject.template.source.text.slice(at.span.start, at.span.end).length > 200) return;
    const draft = /^python/u.test(code.runtime) ? pythonDraft(subject, code, context) : /^nodejs/u.test(code.runtime) ? nodeDraft(subject, code, context) : undefined;
    if (draft) yield { ...draft, at };
  },
});

type Partial = Pick<Draft, 'message' | 'advice'>;

function pythonDraft({ logicalId, layers }: LambdaFunction, code: ZipPackage, { project }: RuleContext): Partial | undefined {
  if (code.buildMethod !== undefined && !/^python/u.test(code.buildMethod)) return undefined;
  const handler = code.handler ?? '';
  const dot = handler.lastIndexOf('.');
  const [module, name] = [handler.slice(0, dot).replace(/\//gu, '.').replace(/^\.+/u, ''), handler.slice(dot + 1)];
  if (dot <= 0 || !/^[\w.-]+$/u.test(module) || !/^\w+$/u.test(name)) return undefined;
  const base = module.split('.').join('/');
  const files = filesBelow(project, code.codeFolder).map(({ path }) => path);
  const found = [`${base}.py`, `${base}/__init__.py`].find((path) => files.includes(path));
  if (found === undefined) {
    const isElsewhere = layers.length > 0 || files.some((path) => path.startsWith(`${base}.`) || path === base) || comesFromPackage(code, module) || mayHold(project, code, `${base}.py`) || files.length === 0;
    return isElsewhere ? undefined : absent(logicalId, project, { code, path: `${base}.py`, near: nearby(files, `${posix.basename(base)}.py`, /\.py$/u) });
  }
  const text = sourcesBelow(project, code.codeFolder).find(({ path }) => path === posix.join(code.codeFolder, found))?.source.text;
  if (text === undefined || new RegExp(String.raw`\b${name}\b`, 'u').test(text) || /\bimport\s*\*|\bimport\s*\(\s*\*|\bglobals\s*\(|__getattr__|\bexec\s*\(|\bsetattr\s*\(|sys\.modules/u.test(text)) return undefined;
  const defined = Array.from(text.matchAll(/^(?:async\s+)?def\s+(\w+)\s*\(\s*\w+\s*(?::[^,]+)?,\s*\w+/gmu), (match) => match[1] ?? '');
  return unnamed(logicalId, { path: shown(project, code, found), name, defined });
}

function nodeDraft({ logicalId, layers }: LambdaFunction, code: ZipPackage, { project }: RuleContext): Partial | undefined {
  if (code.buildMethod !== undefined || layers.length > 0) return undefined;
  const handler = (code.handler ?? '').replace(/^\.\//u, '');
  const at = /^(.*\/)?([^/.]+)\.(.+)$/u.exec(handler);
  if (!at) return undefined;
  const base = `${at[1] ?? ''}${at[2] ?? ''}`;
  const files = filesBelow(project, code.codeFolder).map(({ path }) => path);
  const found = ['js', 'mjs', 'cjs'].map((extension) => `${base}.${extension}`).find((path) => files.includes(path));
  if (found === undefined) {
    // What is compiled, or made by npm's scripts before sam packs, is not there yet.
    const isCompiled = files.some((path) => /\.(?:[cm]?tsx?|coffee|vue|jsx)$/u.test(path) || /(?:^|\/)(?:tsconfig[\w.]*\.json|(?:webpack|rollup|vite|esbuild|tsup)[\w.]*\.[cm]?[jt]s)$/u.test(path));
    const manifest = project.manifests.find(({ path }) => path === projectPath(project, posix.join(code.codeFolder, 'package.json')));
    const isScripted = /"(?:build|prepare|prepack|prepublish(?:Only)?|postinstall|preinstall|install)"\s*:/u.test(manifest?.text ?? '');
    if (isCompiled || isScripted || files.length === 0 || mayHold(project, code, `${base}.js`)) return undefined;
    return absent(logicalId, project, { code, path: `${base}.js`, near: nearby(files, `${at[2] ?? ''}.js`, /\.[cm]?js$/u) });
  }
  const text = project.scriptSources.find(({ path }) => path === posix.join(code.codeFolder, found))?.source.text;
  const [name = ''] = (at[3] ?? '').split('.');
  if (text === undefined || name === 'default' || new RegExp(String.raw`(?<![\w$])${name.replace(/\$/gu, String.raw`\$`)}(?![\w$])`, 'u').test(text)) return undefined;
  if (/\bmodule\.exports\s*=(?!\s*\{)|\bexport\s*\*|Object\.(?:assign|defineProperty|defineProperties)\s*\(\s*(?:module\.)?exports|__exportStar|\.\.\.|\bexports\s*\[/u.test(text)) return undefined;
  const defined = Array.from(text.matchAll(/(?:^|[^\w.])(?:module\.)?exports\.(\w+)\s*=|^export\s+(?:const|let|async\s+function|function)\s+(\w+)/gmu), (match) => match[1] ?? match[2] ?? '');
  return unnamed(logicalId, { path: shown(project, code, found), name, defined });
}

/** A wrapper that a package brings: `datadog_lambda.handler.handler`. */
function comesFromPackage({ requirements }: ZipPackage, module: string): boolean {
  const [top = ''] = module.split('.');
  const lines = requirements?.requirements.lines ?? [];
  return lines.some((line) => (line.kind === 'requirement' && line.name !== undefined ? [...(knownModules(normalized(line.name)) ?? []), normalized(line.name).replaceAll('-', '_')].includes(top) : line.kind !== 'comment' && line.kind !== 'option'));
}

function normalized(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/gu, '-');
}

/** A file that something makes, that a link leads to, or of a Python project that installs itself. */
function mayHold(project: Project, code: ZipPackage, path: string): boolean {
  const prefix = projectPath(project, code.codeFolder);
  const below = (one: string): boolean => prefix === '' || one === prefix || one.startsWith(`${prefix}/`);
  return isMadeElsewhere(project, posix.join(prefix, path)) || project.unfollowedLinks.some(below);
}

/** Files that may have been meant: of the same name elsewhere, else of the kind, if there are few. */
function nearby(files: readonly string[], name: string, kind: RegExp): readonly string[] {
  const same = files.filter((path) => posix.basename(path) === name);
  const all = files.filter((path) => kind.test(path) && !path.includes('/') && posix.basename(path) !== '__init__.py');
  return same.length > 0 ? same.slice(0, 3) : all.length <= 3 ? all : [];
}

function absent(logicalId: string, project: Project, { code, path, near }: { readonly code: ZipPackage; readonly path: string; readonly near: readonly string[] }): Partial {
  const folder = projectPath(project, code.codeFolder);
  const there = near.length === 0 ? '' : `; ${near.join(', ')} ${near.length === 1 ? 'is' : 'are'} there`;
  return { message: `the handler of ${logicalId} is ${code.handler ?? ''}, and ${folder === '' ? 'the code folder' : folder} has no ${path}`, advice: `name the file that has it: a Handler is FILE.FUNCTION, relative to CodeUri${there}` };
}

function unnamed(logicalId: string, { path, name, defined }: { readonly path: string; readonly name: string; readonly defined: readonly string[] }): Partial {
  const list = [...new Set(defined)].slice(0, 3);
  return { message: `the handler of ${logicalId} is ${name} of ${path}, which does not have that name in it`, advice: list.length === 0 ? 'correct the name in Handler, or add the function' : `correct the name in Handler: the file has ${list.join(', ')}` };
}

function shown(project: Project, code: ZipPackage, path: string): string {
  return projectPath(project, posix.join(code.codeFolder, path));
}
