import { environmentOfStage } from '../model/stage-scope.ts';
import type { LambdaFunction } from '../model/function.ts';
import { variableNames, variableValues } from '../model/variable-values.ts';
import type { CodeEnvironment, CodeFile } from './program.ts';

/** Code that sets variables by itself, or loads them from a file. */
const sets = /\bos\.environ\[[^\]]+\]\s*=(?!=)|\benviron\.(?:update|setdefault)\b|\bputenv\b|\bdotenv\b|\bprocess\.env(?:\.\w+|\[[^\]]+\])\s*=(?!=)|Object\.assign\(process\.env/u;

/**
 * What the environment variables of the functions whose code lies in a folder (absolute) may be, whatever parameters a deployment
 * passes. A variable that is not in it may be anything.
 */
export function codeEnvironment(functions: readonly LambdaFunction[], folder: string, files: readonly CodeFile[]): CodeEnvironment {
  const own = functions.filter(({ package: pack }) => (pack.kind === 'image' ? pack.dockerfile.context === folder : pack.kind === 'zip' && pack.codeFolder === folder));
  if (own.length === 0 || files.some(({ source }) => sets.test(source.text))) return new Map();
  const all = own.map(valuesOf);
  const names = new Set(all.flatMap((one) => [...one.keys()]));
  return new Map([...names].flatMap((name): readonly (readonly [string, { readonly texts: readonly string[]; readonly isAlwaysSet: boolean }])[] => {
    const given = all.map((one) => one.get(name));
    if (given.some((one) => one === 'unknown')) return [];
    const texts = given.flatMap((one) => (one === undefined || one === 'unknown' ? [] : one));
    return [[name, { texts: [...new Set(texts)], isAlwaysSet: given.every((one) => one !== undefined) }]];
  }));
}

/** By name; the template's variables count before the Dockerfile's. */
function valuesOf(fn: LambdaFunction): ReadonlyMap<string, readonly string[] | 'unknown'> {
  const values = new Map<string, readonly string[] | 'unknown'>();
  for (const [name, text] of imageVariables(fn)) values.set(name, text.includes('$') ? 'unknown' : [text]);
  for (const name of variableNames(fn)) values.set(name, variableValues(fn, name) ?? 'unknown');
  return values;
}

function imageVariables({ package: pack }: LambdaFunction): ReadonlyMap<string, string> {
  if (pack.kind !== 'image') return new Map();
  const { dockerfile } = pack.dockerfile;
  const stage = pack.target === undefined ? dockerfile.stages.at(-1) : dockerfile.stages.find(({ name }) => name === pack.target?.toLowerCase());
  return stage ? environmentOfStage(dockerfile, stage, pack.buildArgs) : new Map();
}
