import { posix } from 'node:path';
import type { Project } from '../project/project.ts';

/** `from package import …` and `import package` of the packages that `sam init` names its code after: no library is called so. */
const generated = /^[ \t]*(?:from|import)[ \t]+(hello_world|hello-world|src|app|lambda_function)(?:\.[\w.]+)?(?=[ \t\r\n,]|$)/gmu;

/** `from '../../app'` and `require('../../app')`. */
const relatives = /(?:\bfrom|\brequire\(|\bimport\(|\bimport)\s*['"](\.{1,2}\/[\w./@-]+)['"]/gu;

/**
 * Whether a test imports what is nowhere in the project: then it cannot run, whatever it calls. In Python only the names that `sam init`
 * gives are looked at, since any other may be a library's.
 */
export function importsWhatWent(path: string, text: string, project: Pick<Project, 'files' | 'areFilesComplete'>): boolean {
  // Above the project only a few folders are listed.
  if (!project.areFilesComplete || path.startsWith('../')) return false;
  if (path.endsWith('.py')) return Array.from(text.matchAll(generated), (match) => match[1] ?? '').some((name) => !isPythonThere(name, project));
  if (!/\.[cm]?[jt]sx?$/u.test(path)) return false;
  return Array.from(text.matchAll(relatives), (match) => posix.join(posix.dirname(path), match[1] ?? '')).some((target) => !target.startsWith('../') && !isScriptThere(target, project));
}

function isPythonThere(name: string, { files }: Pick<Project, 'files'>): boolean {
  return files.some(({ path }) => path.split('/').includes(name) || path === `${name}.py` || path.endsWith(`/${name}.py`));
}

/** A compiled file may be made of a source beside it, and what a build makes is not there at all. */
function isScriptThere(target: string, { files }: Pick<Project, 'files'>): boolean {
  if (/(?:^|\/)(?:dist|build|out|lib|generated|node_modules|\.aws-sam)\//u.test(`${target}/`)) return true;
  const bare = target.replace(/\.[cm]?[jt]sx?$/u, '');
  return files.some(({ path }) => path === target || path.startsWith(`${target}/`) || path.replace(/(?:\.d)?\.[cm]?[jt]sx?$/u, '') === bare || path.startsWith(`${bare}.`));
}
