import type { BaseFacts, BasePython } from './stage.ts';

/** The part of an image config that says how its processes run. */
export interface RuntimeConfig {
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly cmd: readonly string[] | undefined;
}

/**
 * Reads from a base image's config and name what the Dockerfile's own lines depend on.
 * AWS's Python images keep the interpreter under /var/lang and say so by LAMBDA_RUNTIME_DIR, their tag
 * names the version; the official Python images set PYTHON_VERSION and install under /usr/local.
 */
export function factsOfBase(reference: string, config: RuntimeConfig): BaseFacts {
  const env = config.env.map(splitVariable);
  const lookup = new Map(env);
  return {
    env,
    workingDir: config.workingDir === '' ? '/' : config.workingDir,
    hasCommand: (config.cmd?.length ?? 0) > 0,
    python: pythonOf(reference, lookup),
  };
}

/** An image with nothing in it. */
export const scratchFacts: BaseFacts = { env: [], workingDir: '/', hasCommand: false, python: undefined };

function pythonOf(reference: string, env: ReadonlyMap<string, string>): BasePython | undefined {
  const isLambda = env.has('LAMBDA_RUNTIME_DIR') && (env.get('PATH') ?? '').includes('/var/lang/bin');
  const tagged = /\/python:(\d+)\.(\d+)/u.exec(reference) ?? /^python:(\d+)\.(\d+)/u.exec(reference);
  const declared = /^(\d+)\.(\d+)/u.exec(env.get('PYTHON_VERSION') ?? '');
  const version = declared ?? (isLambda ? tagged : null);
  if (!version?.[1] || !version[2]) return undefined;
  if (/alpine/u.test(reference)) return undefined;
  const major = Number(version[1]);
  const minor = Number(version[2]);
  const prefix = isLambda ? '/var/lang' : '/usr/local';
  return { major, minor, prefix, interpreter: `${prefix}/bin/python${major}.${minor}`, glibc: glibcOf(isLambda, minor) };
}

/** Python 3.12 and later run on Amazon Linux 2023 (glibc 2.34), earlier ones on Amazon Linux 2 (2.26); see facts of AWS's runtimes page. */
function glibcOf(isLambda: boolean, minor: number): readonly [number, number] {
  return isLambda && minor < 12 ? [2, 26] : [2, 34];
}

function splitVariable(variable: string): readonly [string, string] {
  const at = variable.indexOf('=');
  return at < 0 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)];
}
