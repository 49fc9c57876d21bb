import { join } from 'node:path';
import { unifiedDiff } from '../../edits/unified-diff.ts';
import { planFix, type FixPlan } from '../../fix/plan.ts';
import { recoverFix, undoFix, writeFix } from '../../fix/write.ts';
import { gatherKnowledge } from '../../knowledge/gather.ts';
import { auditJson } from '../../report/json.ts';
import { coloured } from '../../report/paint.ts';
import { printList } from '../../report/text.ts';
import { rules } from '../../rules/index.ts';
import { openStore } from '../../store/store.ts';
import type { Call, Command } from '../command.ts';
import { createReview, printChanges, type Review } from '../review.ts';

/** `shear fix`. */
export const command: Command = {
  run: async (call) => {
    const { host, output, project } = call;
    if (await recoverFix(host, project)) output.note('rolled back what an interrupted fix had half written');
    if (call.flag('undo')) {
      const paths = await undoFix(host, project, { force: call.flag('force') });
      output.print(call.isJson ? JSON.stringify({ schema: 1, restored: paths }) : `restored ${paths.join(', ')}`);
      return 0;
    }
    const review = reviewOf(call);
    const plan = await planFor(call, review);
    const isWriting = plan.changes.length > 0 && !call.flag('dry-run') && (call.flag('yes') || (review !== undefined && !review.hasQuit()));
    if (isWriting) await writeFix(host, project, plan.changes, { allowDirty: call.flag('allow-dirty') });
    if (call.isJson) print(call, plan, isWriting);
    else {
      if (!review && !call.isQuiet) printChanges(call, plan.changes);
      if (!call.isQuiet) showLearned(call, plan);
      const told = review?.hasQuit() === true ? 'nothing was written' : summary(plan, isWriting, call);
      // The diff of a dry run is for `git apply` as well: nothing else goes to standard output.
      if (call.flag('dry-run')) output.note(told);
      else output.print(told);
    }
    return isWriting || plan.before.length === 0 ? 0 : 1;
  },
};

/** On a terminal each fix is asked for, unless the answer is given by a flag. */
function reviewOf(call: Call): Review | undefined {
  const ask = call.isJson || call.isQuiet || call.flag('yes') || call.flag('dry-run') ? undefined : call.output.ask();
  return ask && createReview(call.output, ask);
}

async function planFor(call: Call, review: Review | undefined): Promise<FixPlan> {
  const { host, project, profile, parameterOverrides } = call;
  const store = openStore(join(host.cacheFolder, 'store'), host.now);
  const plan = await planFix(host, project, {
    rules, profile, parameterOverrides,
    template: call.value('template'),
    unsafe: call.flag('unsafe') || review !== undefined,
    ...(review ? { choose: review.choose } : {}),
    only: call.values('rule'),
    gather: async (opened, model, before) => await gatherKnowledge(host, opened, model, { store, before, isExtracting: call.flag('iam') }),
  });
  const [defect] = plan.defects;
  if (defect) throw new Error(`the rule ${defect.rule} failed`, { cause: defect.error });
  return plan;
}

/** What indexes and registries told and fix leaves: an audit, which asks nobody, would never show it. */
function showLearned(call: Call, { learned }: FixPlan): void {
  if (learned.length === 0) return;
  const { output } = call;
  const told = `what indexes and registries told besides, left to you:\n${printList(learned, { ...(output.isColoured ? { paint: coloured } : {}), verbose: call.isVerbose })}`;
  if (call.flag('dry-run')) output.note(told);
  else output.print(told);
}

function summary(plan: FixPlan, isWritten: boolean, call: Call): string {
  const count = plan.remaining.length;
  const left = count === 0 ? 'nothing is left' : `${count} ${count === 1 ? 'finding is' : 'findings are'} left, \`shear audit\` has ${count === 1 ? 'it' : 'them'}`;
  if (plan.changes.length === 0) return `nothing was changed; ${left}`;
  const done = [...new Set(plan.fixes.map((one) => one.rule))].join(', ');
  const files = plan.changes.length === 1 ? (plan.changes[0]?.path ?? '') : `${plan.changes.length} files`;
  if (isWritten) return `wrote ${files} (${done}); ${left}. \`shear fix --undo\` takes it back`;
  return `would write ${files} (${done})${call.flag('dry-run') ? '' : '; nothing is written without --yes or a yes on a terminal'}`;
}

function print({ output }: Call, plan: FixPlan, isWritten: boolean): void {
  output.print(JSON.stringify({
    schema: 1,
    written: isWritten,
    changes: plan.changes.map(({ path, before, after }) => ({ path, diff: unifiedDiff(path, before, after) })),
    fixes: plan.fixes.map(({ rule, fix }) => ({ rule, title: fix.title, safety: fix.safety })),
    remaining: auditJson({ findings: plan.remaining, defects: [], suppressed: 0 }).findings,
  }));
}
