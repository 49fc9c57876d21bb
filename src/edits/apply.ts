import type { Edit, Fix } from './edit.ts';

/** What one round of fixing does. */
export interface EditPlan {
  readonly applied: readonly Fix[];
  /** Overlap an applied fix: to be looked for again once the texts have changed. */
  readonly deferred: readonly Fix[];
}

/** What a file is and shall be. */
export interface FileChange {
  /** Relative to the project folder, with forward slashes. */
  readonly path: string;
  /** Undefined for a file that shall be made. */
  readonly before: string | undefined;
  readonly after: string;
  readonly mode?: number;
}

type Splice = Extract<Edit, { readonly kind: 'splice' }>;

/**
 * Chooses the fixes that can be applied together, first come first served; each all or not at all. Insertions at one offset go
 * together and keep their order, but for YAML, where what ends an inner map must come before what ends the outer one. Throws
 * (a defect of the rule) when a fix overlaps itself.
 */
export function planEdits(fixes: readonly Fix[]): EditPlan {
  const applied: Fix[] = [];
  const deferred: Fix[] = [];
  const taken = new Map<string, Edit[]>();
  for (const fix of fixes) {
    const own = fix.edits.find((edit, index) => fix.edits.slice(0, index).some((earlier) => collide(earlier, edit)));
    if (own) throw new Error(`unreachable: "${fix.title}" edits ${own.path} twice in one place`);
    if (fix.edits.some((edit) => taken.get(edit.path)?.some((other) => collide(other, edit) || nest(other, edit)))) {
      deferred.push(fix);
      continue;
    }
    applied.push(fix);
    for (const edit of fix.edits) taken.set(edit.path, [...(taken.get(edit.path) ?? []), edit]);
  }
  return { applied, deferred };
}

/** The files that fixes chosen by `planEdits` change, in the order of their paths. */
export function changesOf(fixes: readonly Fix[]): readonly FileChange[] {
  const edits = fixes.flatMap((fix) => fix.edits);
  const changes = new Map<string, FileChange>();
  for (const { path } of edits) {
    if (changes.has(path)) continue;
    const own = edits.filter((edit) => edit.path === path);
    const created = own.find((edit) => edit.kind === 'create');
    const splices = own.filter((edit): edit is Splice => edit.kind === 'splice');
    const before = splices[0]?.source.text;
    if (created) changes.set(path, { path, before: undefined, after: created.text, ...(created.mode === undefined ? {} : { mode: created.mode }) });
    else if (before !== undefined) changes.set(path, { path, before, after: spliceText(before, splices) });
  }
  return [...changes.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** A text with splices carried out; they may come in any order but must not overlap (that is a defect, and thrown). */
export function spliceText(text: string, splices: readonly { readonly start: number; readonly end: number; readonly text: string }[]): string {
  const ordered = splices.toSorted((a, b) => a.start - b.start || Number(a.end > a.start) - Number(b.end > b.start));
  let out = '';
  let at = 0;
  for (const { start, end, text: replacement } of ordered) {
    if (start < at || end < start || end > text.length) throw new Error(`unreachable: a splice of ${start} to ${end} after ${at} in ${text.length}`);
    out += text.slice(at, start) + replacement;
    at = end;
  }
  return out + text.slice(at);
}

/** Two fixes put lines behind the same line of YAML: which belongs deeper only a new look tells. */
function nest(a: Edit, b: Edit): boolean {
  if (a.kind === 'create' || b.kind === 'create' || !/\.(?:ya?ml|template)$/u.test(a.path)) return false;
  return a.start === b.start && a.end === a.start && b.end === b.start;
}

function collide(a: Edit, b: Edit): boolean {
  if (a.path !== b.path) return false;
  if (a.kind === 'create' || b.kind === 'create') return true;
  return a.source.text !== b.source.text || (a.start < b.end && b.start < a.end);
}
