import type { FileChange } from '../edits/apply.ts';
import { unifiedDiff } from '../edits/unified-diff.ts';
import type { PlannedFix } from '../fix/plan.ts';
import { paintDiff } from '../report/diff.ts';
import { coloured, plain } from '../report/paint.ts';
import type { Call, Output } from './command.ts';

/** Lines of a change that a person reads at once; more are counted. */
const mostLines = 60;

/** One person's walk through the fixes on a terminal. */
export interface Review {
  readonly choose: (planned: PlannedFix, changes: readonly FileChange[]) => Promise<boolean>;
  /** True once the person asked to stop without anything written. */
  readonly hasQuit: () => boolean;
}

/**
 * Asks for each fix: yes, no, all the rest that is safe, or quit. What may change deployed resources is asked for by itself
 * in any case; an empty answer means no.
 */
export function createReview(output: Output, ask: (question: string) => Promise<string>): Review {
  let mode: 'each' | 'all' | 'quit' = 'each';
  const choose: Review['choose'] = async ({ rule, finding, fix }, changes) => {
    if (mode === 'quit') return false;
    if (mode === 'all' && fix.safety === 'safe') return true;
    const { file, line, column } = finding.place;
    output.print(`\n${file}:${line}:${column} ${finding.message}  (${rule})`);
    for (const change of changes) output.print(shownDiff(change, output.isColoured));
    if (fix.safety === 'unsafe') output.print('this may change deployed resources, permissions, cost or limits');
    for (;;) {
      const answer = (await ask(`${fix.title}? [y]es, [n]o, [a]ll the rest that is safe, [q]uit without writing:`)).toLowerCase();
      if (/^y(?:es)?$/u.test(answer)) return true;
      if (/^(?:n|no|)$/u.test(answer)) return false;
      if (/^a(?:ll)?$/u.test(answer) && fix.safety === 'safe') {
        mode = 'all';
        return true;
      }
      if (/^q(?:uit)?$/u.test(answer)) {
        mode = 'quit';
        return false;
      }
    }
  };
  return { choose, hasQuit: () => mode === 'quit' };
}

/** Prints what a fix wrote, long files shortened: for what must be complete there is --dry-run. */
export function printChanges({ output, isVerbose, flag }: Call, changes: readonly FileChange[]): void {
  const most = isVerbose || flag('dry-run') ? Infinity : mostLines;
  for (const change of changes) output.print(shownDiff(change, output.isColoured, most));
}

function shownDiff({ path, before, after }: FileChange, isColoured: boolean, most: number = mostLines): string {
  const lines = unifiedDiff(path, before, after).trimEnd().split('\n');
  const text = paintDiff(lines.slice(0, lines.length > most ? most : undefined).join('\n'), isColoured ? coloured : plain);
  return lines.length > most ? `${text}\n… ${lines.length - most} more lines; --verbose or --dry-run shows them` : text;
}
