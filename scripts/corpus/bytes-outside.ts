import type { FileChange } from '../../src/edits/apply.ts';
import type { Edit } from '../../src/edits/edit.ts';
import type { PlannedFix } from '../../src/fix/plan.ts';

type Splice = Extract<Edit, { readonly kind: 'splice' }>;

/** Sentences on files where a byte changed that no edit covers: each round's text is followed to the next by its edits alone. */
export function bytesOutside(changes: readonly FileChange[], fixes: readonly PlannedFix[]): readonly string[] {
  const splices = fixes.flatMap(({ fix }) => fix.edits).filter((edit): edit is Splice => edit.kind === 'splice');
  return changes.flatMap(({ path, before, after }) => {
    if (before === undefined) return [];
    const own = splices.filter((edit) => edit.source.path === path);
    const texts = [...new Set(own.map((edit) => edit.source.text))];
    if (texts.length > 0 && texts[0] !== before) return [`${path}: the first edit is not of the text that is there`];
    const isKept = texts.every((text, index) => keepsTheRest(text, texts[index + 1] ?? after, own.filter((edit) => edit.source.text === text)));
    return isKept ? [] : [`${path}: a byte changed that no edit covers`];
  });
}

function keepsTheRest(text: string, next: string, edits: readonly Splice[]): boolean {
  const unique = [...new Map(edits.map((edit) => [`${edit.start} ${edit.end} ${edit.text}`, edit])).values()].toSorted((a, b) => a.start - b.start || a.end - b.end);
  let [from, shift] = [0, 0];
  for (const { start, end, text: inserted } of unique) {
    if (text.slice(from, start) !== next.slice(from + shift, start + shift)) return false;
    shift += inserted.length - (end - start);
    from = end;
  }
  return text.slice(from) === next.slice(from + shift);
}
