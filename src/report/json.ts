import type { Place } from '../base/source.ts';
import { isFixable, type CheckResult, type Finding } from '../rules/check.ts';
import type { Cost, Severity } from '../rules/rule.ts';

/** Of the JSON that `audit --json` prints. Fields may be added under the same number, never changed or removed. */
export const auditSchema = 1;

/** `audit --json`. */
export interface AuditJson {
  readonly schema: typeof auditSchema;
  readonly findings: readonly FindingJson[];
  readonly suppressed: number;
}

/** One finding of `audit --json`. */
export interface FindingJson {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly place: Place;
  /** Null when nothing can be said. */
  readonly cost: Cost | null;
  /** Whether `fix` does something about it, as `safety` says. */
  readonly fixable: boolean;
  /** `fix` asks an index or a registry first, and may then do something about it. */
  readonly asksFirst: boolean;
  readonly safety: 'safe' | 'unsafe' | 'manual';
  readonly fix: string | null;
  readonly advice: string | null;
  readonly evidence: readonly { readonly place: Place; readonly text: string }[];
}

/** The value that `audit --json` prints. */
export function auditJson(result: CheckResult): AuditJson {
  return { schema: auditSchema, findings: result.findings.map(findingJson), suppressed: result.suppressed };
}

function findingJson(finding: Finding): FindingJson {
  const { rule, severity, message, place, cost, fix, advice, evidence, asksFirst, safety } = finding;
  return {
    rule, severity, message, place, cost: cost ?? null, fixable: isFixable(finding), asksFirst,
    safety, fix: fix?.title ?? null, advice: advice ?? null, evidence,
  };
}
