import type { Architecture } from '../../base/host.ts';
import type { Dockerfile, DockerfileInstruction } from '../../syntax/dockerfile.ts';
import { expandWord } from '../../syntax/expand-word.ts';

/** The variables that an instruction sees. ENV wins over ARG of the same name, as in Docker. */
export interface Scope {
  readonly lookup: (name: string) => string | undefined;
  readonly expand: (text: string) => string;
  readonly setEnv: (name: string, value: string) => void;
  /** Declares an ARG; a build argument or an earlier global ARG gives its value, else the default. */
  readonly declareArgument: (name: string, fallback: string | undefined) => void;
}

/** Arguments that BuildKit sets by itself; they count only once a stage declares them. */
export function platformArguments(architecture: Architecture): ReadonlyMap<string, string> {
  const arch = architecture === 'arm64' ? 'arm64' : 'amd64';
  return new Map([
    ['TARGETPLATFORM', `linux/${arch}`], ['TARGETOS', 'linux'], ['TARGETARCH', arch], ['TARGETVARIANT', ''],
    ['BUILDPLATFORM', `linux/${arch}`], ['BUILDOS', 'linux'], ['BUILDARCH', arch], ['BUILDVARIANT', ''],
  ]);
}

/** A scope for one stage. */
export function createScope(
  dockerfile: Dockerfile,
  env: readonly (readonly [string, string])[],
  given: ReadonlyMap<string, string>,
): Scope {
  const variables = new Map(env);
  const args = new Map<string, string>();
  const lookup = (name: string): string | undefined => variables.get(name) ?? args.get(name);
  return {
    lookup,
    expand: (text) => expandWord(text, lookup, dockerfile.escape).text,
    setEnv: (name, value) => void variables.set(name, value),
    declareArgument: (name, fallback) => {
      const value = given.get(name) ?? fallback;
      if (value !== undefined) args.set(name, value);
    },
  };
}

/** `NAME=value` or `NAME` of an ARG, several to a line. */
export function argumentsOf(instruction: DockerfileInstruction): readonly (readonly [string, string | undefined])[] {
  return instruction.words.map((word) => {
    const at = word.text.indexOf('=');
    return at < 0 ? ([word.text, undefined] as const) : ([word.text.slice(0, at), word.text.slice(at + 1)] as const);
  });
}

/** ENV and LABEL: `A=1 B=2`, or the old `A the rest of the line`. */
export function pairsOf(instruction: DockerfileInstruction): readonly (readonly [string, string])[] {
  const [first] = instruction.words;
  if (!first) return [];
  if (!first.text.includes('=')) {
    const rest = instruction.argument.trimStart().slice(first.text.length).trim();
    return [[first.text, rest]];
  }
  return instruction.words.map((word) => {
    const at = word.text.indexOf('=');
    return [word.text.slice(0, at), word.text.slice(at + 1)] as const;
  });
}

/** What FROM may use: build arguments over the ARGs before the first FROM, over the platform's own. */
export function globalArguments(
  dockerfile: Dockerfile,
  buildArgs: Readonly<Record<string, string>>,
  architecture: Architecture,
): ReadonlyMap<string, string> {
  const given = new Map([...platformArguments(architecture), ...Object.entries(buildArgs)]);
  const known = new Map<string, string>(given);
  for (const instruction of dockerfile.globalArguments) {
    for (const [name, fallback] of argumentsOf(instruction)) {
      if (known.has(name) || fallback === undefined) continue;
      known.set(name, expandWord(fallback, (other) => known.get(other), dockerfile.escape).text);
    }
  }
  return known;
}
