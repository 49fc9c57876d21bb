import { sep } from 'node:path';
import type { Project } from '../project/project.ts';
import type { ImageBuild } from './image-build.ts';

/** OS packages that only building needs: compilers, make, headers of Python, tools that download and unpack. */
export const buildTools: RegExp = new RegExp(`^(?:${[
  'build-essential', String.raw`gcc(?:-\d+)?`, String.raw`g\+\+(?:-\d+)?`, String.raw`gcc-c\+\+`, 'gcc-gfortran', 'gfortran', 'clang', 'llvm', 'make', 'cmake',
  'ninja-build', 'autoconf', 'automake', 'libtool', 'pkg-config', 'pkgconfig', 'pkgconf', String.raw`python3?(?:\.?\d+)?-(?:dev|devel)`, 'python3-pip', 'rust', 'rustc', 'cargo',
  'git', 'curl', 'wget', 'unzip', 'zip', 'xz-utils', 'xz', 'tar', 'bzip2',
].join('|')})(?:=.*)?$`, 'u');

/** Programs that a package brings, where it has another name. */
const programs: Readonly<Record<string, readonly string[]>> = {
  'build-essential': ['gcc', 'g++', 'cc', 'make'], 'gcc-c++': ['g++', 'c++'], 'gcc': ['gcc', 'cc'], 'xz-utils': ['xz'], 'ninja-build': ['ninja'], 'python3-pip': ['pip', 'pip3'],
};

/** Packages on PyPI that start these programs when they run. */
const callers: Readonly<Record<string, readonly string[]>> = {
  'git': ['gitpython', 'dulwich', 'dvc', 'setuptools-scm'],
  'gcc': ['triton', 'torch', 'tensorflow', 'pythran', 'cppyy', 'theano', 'aesara', 'pytensor', 'jax', 'cython', 'numba'],
  'build-essential': ['triton', 'torch', 'tensorflow', 'pythran', 'cppyy', 'theano', 'aesara', 'pytensor', 'jax', 'cython', 'numba'],
};

/** True when the code, or a package that it may use, starts one of a package's programs. */
export function isCalledAtRunTime(packageName: string, build: ImageBuild, project: Project): boolean {
  const name = packageName.replace(/=.*$/u, '');
  const escaped = (programs[name] ?? [name]).map((program) => program.replace(/[+.]/gu, String.raw`\$&`)).join('|');
  const call = new RegExp(`["'](?:[\\w./-]*/)?(?:${escaped})(?:["'\\s])`, 'u');
  const inside = build.file.context + sep;
  if (project.pythonSources.some(({ path, source }) => path.startsWith(inside) && call.test(source.text))) return true;
  const suspects = new Set(callers[name] ?? []);
  return project.requirements.some(({ path, requirements }) => path.startsWith(inside) && requirements.lines.some((line) => line.kind === 'requirement' && suspects.has(line.normalizedName)));
}
