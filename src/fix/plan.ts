import type { Host } from '../base/host.ts';
import type { SourceFile } from '../base/source.ts';
import { changesOf, planEdits, type FileChange } from '../edits/apply.ts';
import type { Fix } from '../edits/edit.ts';
import type { Model } from '../model/function.ts';
import { resolveModel } from '../model/resolve.ts';
import { openProject } from '../project/open.ts';
import type { Project } from '../project/project.ts';
import type { GivenByUser } from '../project/template/evaluate-project.ts';
import { chooseRules, isNamedBy } from '../rules/choose-rules.ts';
import { check, type Finding, type RuleDefect } from '../rules/check.ts';
import { noKnowledge, type Knowledge } from '../rules/knowledge.ts';
import type { Rule } from '../rules/rule.ts';

/** What to fix and how far. */
export interface FixOptions extends GivenByUser {
  readonly rules: readonly Rule[];
  /** Only rules whose id, or folder with a slash, is listed; all when absent or empty. */
  readonly only?: readonly string[] | undefined;
  /** Apply fixes that may change deployed resources, permissions, cost or limits as well. */
  readonly unsafe?: boolean | undefined;
  readonly template?: string | undefined;
  /**
   * Gathers what rules need from outside; called before each round with what the rounds before gathered. Nothing is known
   * when absent.
   */
  readonly gather?: (project: Project, model: Model, before: Knowledge | undefined) => Promise<Knowledge>;
  /** Asked before each fix is applied, with what it alone changes; a fix that is turned down is not offered again. All are applied when absent. */
  readonly choose?: (planned: PlannedFix, changes: readonly FileChange[]) => Promise<boolean>;
}

/** A fix that was chosen, with the finding that it takes care of. */
export interface PlannedFix {
  readonly rule: string;
  readonly finding: Finding;
  readonly fix: Fix;
}

/** What fixing comes to; nothing is written yet. */
export interface FixPlan {
  readonly changes: readonly FileChange[];
  readonly fixes: readonly PlannedFix[];
  /** What is found once the changes are made. */
  readonly remaining: readonly Finding[];
  /** Of what remains, that which only knowledge from outside shows: an audit, which asks nobody, does not have it. */
  readonly learned: readonly Finding[];
  /** What was found before. */
  readonly before: readonly Finding[];
  readonly defects: readonly RuleDefect[];
}

/** More rounds than any chain of fixes that wait for each other needs. */
const mostRounds = 24;

/**
 * Fixes a project in memory, round by round: what can be applied together is, then the project is read anew with the
 * changed texts and looked at again, until nothing is left to apply. Throws what `openProject` throws.
 * @param folder the project, absolute or relative to the host's working folder.
 */
export async function planFix(host: Pick<Host, 'cwd' | 'emit' | 'signal'>, folder: string, options: FixOptions): Promise<FixPlan> {
  const given: GivenByUser = { profile: options.profile, parameterOverrides: options.parameterOverrides };
  const chosen = chooseRules(options.rules, options.only);
  const texts = new Map<string, FileChange>();
  const fixes: PlannedFix[] = [];
  const defects = new Map<string, RuleDefect>();
  const kept = new Map<string, SourceFile>();
  let knowledge: Knowledge | undefined;
  const declined = new Set<string>();
  let before: readonly Finding[] | undefined;
  for (let round = 0; ; round++) {
    host.signal.throwIfAborted();
    const overlay = new Map([...texts].map(([path, change]) => [path, change.after]));
    const project = await openProject(host, { ...given, folder, overlay, kept, template: options.template, allowsMissingTemplates: true });
    const model = resolveModel(project, given);
    knowledge = options.gather ? await options.gather(project, model, knowledge) : noKnowledge;
    const result = check(chosen, { project, model, knowledge });
    for (const defect of result.defects) defects.set(defect.rule, defect);
    before ??= result.findings;
    const wanted = inOrder(result.findings, options).filter((planned) => !declined.has(nameOf(planned)));
    const applicable = round < mostRounds + declined.size ? withoutWaiting(wanted, options.rules) : [];
    const { applied } = planEdits(applicable.map(({ fix }) => fix));
    if (applied.length === 0) {
      const seen = new Set(check(chosen, { project, model, knowledge: noKnowledge }).findings.map(identityOf));
      const learned = result.findings.filter((finding) => !seen.has(identityOf(finding)));
      return { changes: finalChanges(texts), fixes, remaining: result.findings, learned, before, defects: [...defects.values()] };
    }
    const accepted = await acceptedOf(applicable.filter(({ fix }) => applied.includes(fix)), options, declined);
    fixes.push(...accepted);
    for (const change of changesOf(accepted.map(({ fix }) => fix))) {
      const original = texts.get(change.path);
      texts.set(change.path, original ? { ...original, after: change.after } : change);
    }
  }
}

async function acceptedOf(planned: readonly PlannedFix[], { choose }: FixOptions, declined: Set<string>): Promise<readonly PlannedFix[]> {
  if (!choose) return planned;
  const accepted: PlannedFix[] = [];
  for (const one of planned) {
    if (await choose(one, changesOf([one.fix]))) accepted.push(one);
    else declined.add(nameOf(one));
  }
  return accepted;
}

/** What stays the same when other fixes move lines. */
function nameOf({ rule, finding, fix }: PlannedFix): string {
  return JSON.stringify([rule, finding.place.file, finding.message, fix.title]);
}

function identityOf({ rule, place, message }: Finding): string {
  return JSON.stringify([rule, place, message]);
}

/** Fixes that may be applied, each once, those that others wait for first. */
function inOrder(findings: readonly Finding[], options: FixOptions): readonly PlannedFix[] {
  const rank = ranks(options.rules);
  const seen = new Set<string>();
  return findings
    .flatMap((finding): readonly PlannedFix[] => {
      const { fix } = finding;
      if (!fix || fix.safety === 'manual' || (fix.safety === 'unsafe' && options.unsafe !== true)) return [];
      // A fix that takes care of several findings at once.
      const key = JSON.stringify(fix.edits.map((edit) => [edit.kind, edit.path, edit.text, edit.kind === 'splice' ? [edit.start, edit.end] : []]));
      if (seen.has(key)) return [];
      seen.add(key);
      return [{ rule: finding.rule, finding, fix }];
    })
    .toSorted((a, b) => (rank.get(a.rule) ?? 0) - (rank.get(b.rule) ?? 0));
}

/** Leaves out, for this round, fixes whose rule goes after one that still changes the same files, or follows one that changes any. */
function withoutWaiting(fixes: readonly PlannedFix[], rules: readonly Rule[]): readonly PlannedFix[] {
  const touched = new Map<string, Set<string>>();
  for (const { rule, fix } of fixes) touched.set(rule, new Set([...(touched.get(rule) ?? []), ...fix.edits.map((edit) => edit.path)]));
  return fixes.filter(({ rule, fix }) => {
    const { after = [], follows = [] } = rules.find((one) => one.id === rule) ?? {};
    if (follows.some((name) => rules.some((other) => other.id !== rule && touched.has(other.id) && isNamedBy(other, name)))) return false;
    return !after.some((other) => fix.edits.some((edit) => touched.get(other)?.has(edit.path) === true));
  });
}

/** A rule's place: behind all that its `after` names. */
function ranks(rules: readonly Rule[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const rankOf = (id: string, above: readonly string[]): number => {
    const known = found.get(id);
    if (known !== undefined) return known;
    if (above.includes(id)) throw new Error(`unreachable: ${[...above, id].join(' after ')}`);
    const after = rules.find((rule) => rule.id === id)?.after ?? [];
    const rank = after.reduce((most, other) => Math.max(most, rankOf(other, [...above, id]) + 1), 0);
    found.set(id, rank);
    return rank;
  };
  for (const rule of rules) rankOf(rule.id, []);
  return found;
}

function finalChanges(texts: ReadonlyMap<string, FileChange>): readonly FileChange[] {
  return [...texts.values()].filter((change) => change.before !== change.after).toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
