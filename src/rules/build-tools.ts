import { relative, sep } from 'node:path';
import { filesBelow } from '../model/files-below.ts';
import type { Project } from '../project/project.ts';
import { familyOf } from './requirements-use.ts';
import { finalSteps, type ImageBuild } from './image-build.ts';

/** OS packages that only building needs: compilers, make, headers of Python, tools that download and unpack. */
export const buildTools: RegExp = new RegExp(`^(?:${[
  'build-essential', 'build-base', String.raw`gcc(?:-\d+)?`, String.raw`g\+\+(?:-\d+)?`, String.raw`gcc-c\+\+`, 'gcc-gfortran', 'gfortran', 'clang', 'llvm', 'make', 'cmake',
  'ninja-build', 'autoconf', 'automake', 'libtool', 'pkg-config', 'pkgconfig', 'pkgconf', String.raw`python3?(?:\.?\d+)?-(?:dev|devel)`, 'musl-dev', 'linux-headers', 'python3-pip', 'rust', 'rustc', 'cargo',
  'git', 'curl', 'wget', 'unzip', 'zip', 'xz-utils', 'xz', 'tar', 'bzip2',
].join('|')})(?:[=~].*)?$`, 'u');

/** Tools that bring libraries which what they compiled may need when it runs: libgomp, libgfortran, libstdc++. */
export function isCompiler(packageName: string): boolean {
  return /^(?:build-(?:essential|base)|gcc|g\+\+|gfortran|clang|llvm)/u.test(packageName);
}

/** Programs that a package brings, where it has another name. */
const programs: Readonly<Record<string, readonly string[]>> = {
  'build-essential': ['gcc', 'g++', 'cc', 'make'], 'build-base': ['gcc', 'g++', 'cc', 'make'], 'gcc-c++': ['g++', 'c++'], 'gcc': ['gcc', 'cc'], 'xz-utils': ['xz'], 'ninja-build': ['ninja'], 'python3-pip': ['pip', 'pip3'],
};

const compiling = ['triton', 'torch', 'tensorflow', 'pythran', 'cppyy', 'theano', 'aesara', 'pytensor', 'pymc', 'jax', 'cython', 'numba', 'lightgbm', 'dlib', 'xgboost'];

/** Packages on PyPI that start these programs when they run, or load libraries that come with them. */
const callers: Readonly<Record<string, readonly string[]>> = {
  'git': ['gitpython', 'dulwich', 'dvc', 'setuptools-scm', 'pre-commit', 'copier', 'cookiecutter'],
  'curl': ['selenium', 'webdriver-manager'], 'unzip': ['webdriver-manager'],
};

/** Why a package of tools may be needed when the function runs; undefined when nothing is seen to need it. */
export function neededAtRunTime(packageName: string, build: ImageBuild, project: Project, installed: ReadonlySet<string>): string | undefined {
  const name = packageName.replace(/[=~].*$/u, '');
  const escaped = (programs[name] ?? [name]).map((program) => program.replace(/[+.]/gu, String.raw`\$&`)).join('|');
  const quoted = new RegExp(`["'\`](?:[\\w./-]*/)?(?:${escaped})(?:["'\`\\s])`, 'u');
  const bare = new RegExp(`(?:^|[\\s;&|("'/])(?:${escaped})(?:[\\s"';)]|$)`, 'mu');
  const inside = build.file.context + sep;
  const prefix = relative(project.folder, build.file.context).split(sep).join('/');
  const python = project.pythonSources.find(({ path, source }) => path.startsWith(inside) && quoted.test(source.text));
  if (python) return `${python.source.path} starts it`;
  const other = project.otherTexts.find(({ path, text }) => (prefix === '' || path.startsWith(`${prefix}/`)) && !/(?:^|\/)(?:\.github|\.circleci)\/|(?:^|\/)(?:makefile|buildspec[\w.-]*|\.gitlab-ci\.yml)$/iu.test(path) && (/\.(?:sh|bash|lua|pl)$/u.test(path) ? bare : quoted).test(text));
  if (other) return `${other.path} starts it`;
  const commands = build.stages.flatMap(({ stage }) => stage.instructions.filter(({ keyword }) => ['CMD', 'ENTRYPOINT', 'HEALTHCHECK'].includes(keyword)).map(({ argument }) => argument));
  const given = build.functions.flatMap(({ package: { imageConfig } }) => [...(imageConfig.command ?? []), ...(imageConfig.entryPoint ?? [])]);
  if ([...commands, ...given].some((text) => bare.test(text))) return 'the image starts it';
  const suspects = isCompiler(name) ? compiling : (callers[name] ?? []);
  const caller = suspects.find((one) => installed.has(one));
  return caller === undefined ? undefined : `${caller} may start it`;
}

/** True when all code of the image is Python that was read, so that what nothing is seen to start is not started. */
export function isAllRead(build: ImageBuild, project: Project): boolean {
  const final = finalSteps(build);
  const isForeign = filesBelow(project, build.file.context).some(({ path }) => /\.(?:jar|class|so|dll|exe|rb|go|java|rs|scala|swift|php|pl|cc?|cpp)$/u.test(path));
  return project.areFilesComplete && final !== undefined && familyOf(build, final) !== undefined && !isForeign;
}
