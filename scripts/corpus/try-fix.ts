import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Failure } from '../../src/base/fault.ts';
import type { Host } from '../../src/base/host.ts';
import { planFix, type FixPlan } from '../../src/fix/plan.ts';
import { undoFix, writeFix } from '../../src/fix/write.ts';
import { rules } from '../../src/rules/index.ts';
import { inventedKnowledge } from './invented.ts';
import { newComplaints } from './lint.ts';
import { bytesOutside } from './bytes-outside.ts';
import type { FixOutcome, Target } from './outcome.ts';

/**
 * Fixes a copy and holds `fix` to its promises: the second fix finds nothing to do, what it took care of is found no more, no byte outside of its
 * edits changes, linters have no new complaint, and undoing gives the bytes back. The safe fixes first, then the unsafe ones with them.
 */
export async function tryFix(host: Host, target: Target, python: string | undefined): Promise<FixOutcome> {
  const safe = await plan(host, target.folder, target.template, false);
  const all = await plan(host, target.folder, target.template, true);
  const broken: string[] = [];
  for (const { label, plan: one } of [{ label: 'safe', plan: safe }, { label: 'unsafe', plan: all }]) {
    for (const defect of one.defects) broken.push(`${label}: ${defect.rule} failed: ${String(defect.error)}`);
    if (one.changes.length > 0) broken.push(...(await onCopy(host, target, one, { isUnsafe: label === 'unsafe', python })).map((sentence) => `${label}: ${sentence}`));
  }
  return { applied: all.fixes.map((fix) => fix.rule), files: all.changes.length, broken };
}

/** The rule of each of an audit's findings that is there no more after the safe fixes, as many times as it has such findings. */
export async function fixedByYes(host: Host, target: Target, found: FixPlan['before']): Promise<readonly string[]> {
  const { remaining, learned } = await plan(host, target.folder, target.template, false);
  const left = remaining.filter((one) => !learned.includes(one));
  const count = (findings: FixPlan['before'], rule: string): number => findings.filter((one) => one.rule === rule).length;
  return [...new Set(found.map(({ rule }) => rule))].flatMap((rule) => Array.from({ length: Math.max(0, count(found, rule) - count(left, rule)) }, () => rule));
}

async function plan(host: Host, folder: string, template: string, unsafe: boolean): Promise<FixPlan> {
  return await planFix(host, folder, { rules, template, unsafe, gather: async (project, model) => inventedKnowledge(project, model) });
}

async function onCopy(host: Host, target: Target, { changes, fixes, before }: FixPlan, { isUnsafe, python }: { readonly isUnsafe: boolean; readonly python: string | undefined }): Promise<readonly string[]> {
  const folder = join(copyOf(target.root), relative(target.root, target.folder));
  try {
    const original = new Map(changes.map(({ path }) => [path, bytesOf(folder, path)]));
    const complaints = python === undefined ? [] : await newComplaints(python, changes);
    await writeFix(host, folder, changes, { allowDirty: true });
    const again = await plan(host, folder, target.template, isUnsafe);
    const still = claimsThatStay(fixes, before, again.before);
    const left = again.changes.map((change) => `${change.path} changes again: ${again.fixes.map((fix) => fix.rule).join(', ')}`);
    await undoFix(host, folder);
    const unlike = changes.filter(({ path }) => !isSame(bytesOf(folder, path), original.get(path))).map(({ path }) => `${path} is not as it was once undone`);
    if (unlike.length > 0) dropCopy();
    return [...bytesOutside(changes, fixes), ...complaints, ...left, ...still, ...unlike];
  } catch (error) {
    dropCopy();
    if (!(error instanceof Failure)) throw error;
    return [`${error.fault.code}: ${error.fault.what}`];
  }
}

/** What the fixes were for, where it is found as often as before. */
function claimsThatStay(fixes: FixPlan['fixes'], before: FixPlan['before'], after: FixPlan['before']): readonly string[] {
  const count = (findings: FixPlan['before'], { rule, message, place }: FixPlan['before'][number]): number => findings.filter((one) => one.rule === rule && one.message === message && one.place.file === place.file).length;
  const claimed = fixes.filter(({ finding }) => count(before, finding) > 0 && count(after, finding) >= count(before, finding));
  return claimed.map(({ rule, finding }) => `${rule} is found as before: ${finding.message}`);
}

let kept: { readonly root: string; readonly copy: string } | undefined;

/** A copy of a whole repository, since projects read through `../`; the next project of the same repository gets the same, undone. */
function copyOf(root: string): string {
  if (kept?.root === root) return kept.copy;
  dropCopy();
  const copy = join(mkdtempSync(join(tmpdir(), 'shear-corpus-')), 'copy');
  cpSync(root, copy, { recursive: true, verbatimSymlinks: true, filter: (path) => !/\/(?:\.git|node_modules|\.aws-sam)$/u.test(path) });
  // Documents are looked for up to the top of the repository, which this marks.
  if (existsSync(join(root, '.git'))) mkdirSync(join(copy, '.git'), { recursive: true });
  kept = { root, copy };
  return copy;
}

/** Removes the copy that is kept. */
export function dropCopy(): void {
  if (kept) rmSync(dirname(kept.copy), { recursive: true, force: true });
  kept = undefined;
}

function bytesOf(folder: string, path: string): Buffer | undefined {
  try {
    return readFileSync(join(folder, path));
  } catch {
    return undefined;
  }
}

function isSame(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}
