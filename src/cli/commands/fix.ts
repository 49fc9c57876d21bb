import { join } from 'node:path';
import { unifiedDiff } from '../../edits/unified-diff.ts';
import { planFix, type FixPlan } from '../../fix/plan.ts';
import { recoverFix, undoFix, writeFix } from '../../fix/write.ts';
import { gatherKnowledge } from '../../knowledge/gather.ts';
import { auditJson } from '../../report/json.ts';
import { paintDiff } from '../../report/diff.ts';
import { coloured, plain } from '../../report/paint.ts';
import { rules } from '../../rules/index.ts';
import { openStore } from '../../store/store.ts';
import type { Call, Command } from '../command.ts';

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
    const plan = await planFor(call);
    const isWriting = plan.changes.length > 0 && !call.flag('dry-run') && (call.flag('yes') || (await confirmed(call, plan)));
    if (isWriting) await writeFix(host, project, plan.changes, { allowDirty: call.flag('allow-dirty') });
    if (call.isJson) print(call, plan, isWriting);
    else if (call.flag('yes') || call.flag('dry-run') || output.ask() === undefined) showDiff(call, plan);
    if (!call.isJson) output.print(summary(plan, isWriting, call));
    return plan.remaining.length === 0 && isWriting ? 0 : plan.before.length === 0 ? 0 : isWriting ? 0 : 1;
  },
};

async function planFor(call: Call): Promise<FixPlan> {
  const { host, project, profile, parameterOverrides } = call;
  const store = openStore(join(host.cacheFolder, 'store'), host.now);
  const only = call.values('rule');
  const plan = await planFix(host, project, {
    rules, profile, parameterOverrides,
    template: call.value('template'),
    unsafe: call.flag('unsafe'),
    ...(only.length === 0 ? {} : { only }),
    gather: async (opened, model, before) => await gatherKnowledge(host, opened, model, { store, before }),
  });
  const [defect] = plan.defects;
  if (defect) throw new Error(`the rule ${defect.rule} failed`, { cause: defect.error });
  return plan;
}

async function confirmed(call: Call, plan: FixPlan): Promise<boolean> {
  const ask = call.output.ask();
  if (!ask) return false;
  showDiff(call, plan);
  return await ask(`write these changes to ${plan.changes.length} files?`);
}

function showDiff({ output, isQuiet }: Call, plan: FixPlan): void {
  if (isQuiet) return;
  for (const { path, before, after } of plan.changes) output.print(paintDiff(unifiedDiff(path, before, after), output.isColoured ? coloured : plain).trimEnd());
}

function summary(plan: FixPlan, isWritten: boolean, call: Call): string {
  const left = plan.remaining.length === 0 ? 'nothing is left' : `${plan.remaining.length} findings are left, \`shear audit\` has them`;
  if (plan.changes.length === 0) return `nothing that fix can do by itself; ${left}`;
  const done = [...new Set(plan.fixes.map((one) => one.rule))].join(', ');
  const files = `${plan.changes.length} files`;
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
