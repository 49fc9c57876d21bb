import { Failure, type Fault } from '../../src/base/fault.ts';
import type { Host } from '../../src/base/host.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import { openProject } from '../../src/project/open.ts';
import { check, isFixable, type Finding } from '../../src/rules/check.ts';
import { rules } from '../../src/rules/index.ts';
import { noKnowledge } from '../../src/rules/knowledge.ts';
import { inventedKnowledge } from './invented.ts';
import type { FaultHere, FoundHere, Job, Outcome } from './outcome.ts';
import { fixedByYes, tryFix } from './try-fix.ts';

/** Audits one template as the audit command does: without a network. What `fix` could do once it has asked is told by made-up facts. */
export async function audit(host: Host, { target, count, fix, python }: Job): Promise<Outcome> {
  const started = performance.now();
  const ms = (): number => Math.round(performance.now() - started);
  try {
    const project = await openProject(host, { folder: target.folder, template: target.template, allowsMissingTemplates: true });
    const model = resolveModel(project);
    const result = check(rules, { project, model, knowledge: noKnowledge });
    const informed = check(rules, { project, model, knowledge: inventedKnowledge(project, model) });
    const [defect] = [...result.defects, ...informed.defects];
    if (defect) return { kind: 'crash', ms: ms(), error: `${defect.rule}: ${printError(defect.error)}` };
    const audited = ms();
    return {
      kind: 'audited', ms: audited, functions: model.functions.length,
      findings: result.findings.map(foundHere),
      fixableOnceKnown: informed.findings.filter(isFixable).map((finding) => finding.rule),
      remarks: model.remarks.map((remark) => `${remark.place.file}:${remark.place.line}:${remark.place.column}: ${remark.text}`),
      faults: project.faults.map(faultHere),
      fixedByYes: count ? await fixedByYes(host, target, result.findings) : undefined,
      fix: fix ? await tryFix(host, target, python) : undefined,
    };
  } catch (error) {
    if (error instanceof Failure) return { kind: 'fault', ms: ms(), fault: faultHere(error.fault) };
    return { kind: 'crash', ms: ms(), error: printError(error) };
  }
}

function foundHere(finding: Finding): FoundHere {
  const { rule, severity, message, place, excerpt, advice, safety } = finding;
  return { rule, severity, message, place, excerpt, fixable: isFixable(finding), safety, advice };
}

function faultHere({ code, what, place }: Fault): FaultHere {
  return { code, what, place };
}

function printError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
