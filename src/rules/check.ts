import { placeAt, squiggle, type Place } from '../base/source.ts';
import type { Fix, Safety } from '../edits/edit.ts';
import type { Model } from '../model/function.ts';
import type { Project } from '../project/project.ts';
import { imageBuilds } from './image-build.ts';
import type { Knowledge } from './knowledge.ts';
import { requirementsUses } from './requirements-use.ts';
import type { Cost, Draft, Rule, RuleContext, Severity } from './rule.ts';
import { withoutSecrets } from './secret-texts.ts';
import { suppressionsOf, type Suppressions } from './suppression.ts';

/** Something about the user's project that a rule found. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly place: Place;
  /** The line with carets under it. */
  readonly excerpt: string;
  readonly cost: Cost | undefined;
  readonly evidence: readonly { readonly place: Place; readonly text: string }[];
  readonly fix: Fix | undefined;
  readonly advice: string | undefined;
  /** `fix` asks an index or a registry before it can say what it does. */
  readonly asksFirst: boolean;
  /** The rule whose fix comes first. */
  readonly waitsFor: string | undefined;
  /** Of what fix does about it, also where another rule's fix has to come first; `manual` where it does nothing. */
  readonly safety: Safety;
}

/** A rule that failed on a project: a defect of shear's, which must not hide what the other rules found. */
export interface RuleDefect {
  readonly rule: string;
  readonly error: unknown;
}

/** What rules made of a project. */
export interface CheckResult {
  /** By file, line, column and rule. */
  readonly findings: readonly Finding[];
  readonly defects: readonly RuleDefect[];
  /** Findings that a `# shear: ignore` comment hides. */
  readonly suppressed: number;
}

/** What rules look at. */
export interface CheckInput {
  readonly project: Project;
  readonly model: Model;
  readonly knowledge: Knowledge;
}

/**
 * Runs rules over a project. The outcome depends on nothing else, and its order on nothing but the project. A rule that
 * throws is listed as a defect; what it had yielded before stays.
 */
export function check(rules: readonly Rule[], input: CheckInput): CheckResult {
  const findings: Finding[] = [];
  const defects: RuleDefect[] = [];
  const suppressions = suppressionsOf();
  let suppressed = 0;
  for (const rule of rules) {
    try {
      for (const draft of draftsOf(rule, input)) {
        if (isSuppressed(draft, rule.id, suppressions)) suppressed++;
        else findings.push(findingOf(rule, draft));
      }
    } catch (error) {
      defects.push({ rule: rule.id, error });
    }
  }
  return { findings: unique(settled(findings).toSorted(byPlace)), defects, suppressed };
}

/** What waits is as safe as what it waits for: where that is not fixed, neither is this. */
function settled(findings: readonly Finding[]): readonly Finding[] {
  const safetyOf = (one: Finding, above: readonly string[]): Safety => {
    const { waitsFor } = one;
    if (waitsFor === undefined || above.includes(waitsFor)) return one.safety;
    const awaited = findings.filter(({ rule }) => rule === waitsFor).map((other) => safetyOf(other, [...above, waitsFor]));
    return awaited.includes('safe') ? 'safe' : awaited.includes('unsafe') ? 'unsafe' : 'manual';
  };
  return findings.map((one) => (one.waitsFor === undefined ? one : { ...one, safety: safetyOf(one, []) }));
}

/** True when `fix` can do something about a finding by itself. */
export function isFixable(finding: Finding): boolean {
  return finding.safety !== 'manual';
}

function* draftsOf(rule: Rule, context: RuleContext): Iterable<Draft> {
  const { project, model } = context;
  switch (rule.subject) {
    case 'dockerfile':
      for (const build of imageBuilds(model)) yield* rule.check(build, context);
      return;
    case 'function':
      for (const subject of model.functions) yield* rule.check(subject, context);
      return;
    case 'layer':
      for (const subject of model.layers) yield* rule.check(subject, context);
      return;
    case 'requirements':
      for (const use of requirementsUses(project, model)) yield* rule.check(use, context);
      return;
    case 'samconfig':
      yield* rule.check(project.samconfig, context);
      return;
    case 'template':
      for (const template of project.templates) yield* rule.check(template, context);
      return;
    case 'project':
      yield* rule.check(project, context);
      return;
  }
}

function findingOf(rule: Rule, draft: Draft): Finding {
  const { file, span } = draft.at;
  const isOutside = draft.fix?.edits.some((edit) => edit.path.startsWith('../')) === true;
  const safety = draft.fix && rule.safety === 'unsafe' && draft.fix.safety === 'safe' ? 'unsafe' : draft.fix?.safety;
  return {
    rule: rule.id,
    severity: draft.severity ?? rule.severity,
    message: draft.message,
    place: placeAt(file, span.start),
    excerpt: withoutSecrets(squiggle(file, span)),
    cost: draft.cost,
    evidence: (draft.evidence ?? []).map((one) => ({ place: placeAt(one.file, one.span.start), text: one.text })),
    fix: draft.fix && safety && !isOutside ? { ...draft.fix, safety } : undefined,
    advice: isOutside ? 'the file lies outside the project folder, where shear writes nothing' : draft.advice,
    asksFirst: draft.asksFirst === true && draft.fix === undefined && !isOutside,
    waitsFor: draft.waitsFor,
    safety: !isOutside && draft.fix && safety ? safety : 'manual',
  };
}

function isSuppressed(draft: Draft, rule: string, suppressions: Suppressions): boolean {
  const { file, span } = draft.at;
  return suppressions(file, placeAt(file, span.start).line).some((name) => name === rule || name === '*');
}

function byPlace(a: Finding, b: Finding): number {
  if (a.place.file !== b.place.file) return a.place.file < b.place.file ? -1 : 1;
  if (a.place.line !== b.place.line) return a.place.line - b.place.line;
  if (a.place.column !== b.place.column) return a.place.column - b.place.column;
  return a.rule === b.rule ? 0 : a.rule < b.rule ? -1 : 1;
}

/** Two functions that share a file would say the same thing twice. */
function unique(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings.filter((finding) => {
    const key = JSON.stringify([finding.rule, finding.place, finding.message]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
