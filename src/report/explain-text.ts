import type { Explanation } from '../build/explanation.ts';

/** Longest text of an instruction that is shown, in characters. */
const widest = 60;

/** Explanations for the terminal: each function with what builds it, and below it each instruction of its Dockerfile. */
export function printExplanations(explanations: readonly Explanation[]): string {
  return explanations.map((one) => [
    `${one.name}  ${one.engine === 'none' ? 'not built' : one.engine}  (${one.why})`,
    ...one.instructions.map(({ place, text, engine, why }) => `  ${place.file}:${place.line}  ${engine.padEnd(8)} ${text.length > widest ? `${text.slice(0, widest - 1)}…` : text}  (${why})`),
    ...(one.doubt === undefined ? [] : [`  ${one.doubt}; what follows from it may turn out otherwise`]),
  ].join('\n')).join('\n\n');
}
