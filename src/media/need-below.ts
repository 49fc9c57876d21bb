import { relative, sep } from 'node:path';
import { once } from '../base/once.ts';
import type { FfmpegDoubt, FfmpegNeed } from '../ffmpeg/profile.ts';
import type { LambdaFunction } from '../model/function.ts';
import type { Project } from '../project/project.ts';
import { codeEnvironment } from './code-environment.ts';
import { needOfProgram } from './code-need.ts';
import { readPython } from './python-program.ts';
import { readScript } from './script-program.ts';

const needsOf: (project: Project) => Map<string, FfmpegNeed> = once(() => new Map());

/**
 * What the sources below a folder (absolute) need of ffmpeg; tests, documents and examples are left out.
 * @param functions of the whole project: those whose code lies there say what environment variables may be.
 */
export function needBelow(project: Project, folder: string, functions: readonly LambdaFunction[]): FfmpegNeed {
  const known = needsOf(project);
  const found = known.get(folder);
  if (found) return found;
  const files = [...pythonBelow(project, folder), ...scriptsBelow(project, folder)];
  const need = withForeign(needOfProgram({ files, environment: codeEnvironment(functions, folder, files) }), project, folder);
  known.set(folder, need);
  return need;
}

function pythonBelow(project: Project, folder: string): ReturnType<typeof readPython>[] {
  return project.pythonSources.filter(({ path, source }) => path.startsWith(folder + sep) && isRun(source.path)).map(({ source }) => readPython(source));
}

function scriptsBelow(project: Project, folder: string): ReturnType<typeof readScript>[] {
  return project.scriptSources.filter(({ path, source }) => path.startsWith(folder + sep) && isRun(source.path)).map(({ source }) => readScript(source));
}

/** False for files that only tests, documents and examples run. */
export function isRun(path: string): boolean {
  return !/(?:^|\/)(?:tests?|__tests__|docs|events|examples|node_modules)\//u.test(path) && !/(?:^|\/)(?:test_[^/]*|conftest)\.py$/u.test(path) && !/\.(?:test|spec)\.[cm]?[jt]sx?$/u.test(path);
}

const languages = /\.(?:sh|bash|rb|go|java|kt|php|cs|rs|pl|lua)$/u;
const program = /(?:^|[^\w-])ff(?:mpeg|probe)(?:$|[^\w-])/u;

/** Files in other languages that name the program start it in ways that are not read. */
function withForeign(need: FfmpegNeed, project: Project, folder: string): FfmpegNeed {
  const prefix = relative(project.folder, folder).split(sep).join('/');
  const foreign = project.otherTexts.filter(({ path, text }) => (prefix === '' || path.startsWith(`${prefix}/`)) && languages.test(path) && isRun(path) && program.test(text));
  const doubts = foreign.map(({ path }): FfmpegDoubt => ({ why: `${path} calls it too, and shear reads calls in Python and JavaScript alone`, place: { file: path, line: 1, column: 1 } }));
  if (doubts.length === 0) return need;
  if (need.kind === 'unbounded') return { ...need, doubts: [...need.doubts, ...doubts] };
  const profile = need.kind === 'profile' ? need.profile : { components: [], programs: [], externals: [], licence: 'LGPL' as const, network: false };
  return { kind: 'unbounded', doubts, profile, commands: need.kind === 'profile' ? need.commands : [] };
}
