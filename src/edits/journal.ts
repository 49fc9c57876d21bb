/**
 * What a set of writes needs to be undone. The undo folder holds journal.json and the original bytes of every file, named by
 * their sha256. The journal is renamed into place, complete and synced, before the first file of the project changes:
 *
 *   (none) ──writeEdits──▶ writing ──every file renamed──▶ written ──undo──▶ undoing ──▶ (none)
 *                             └──────── crash, or a write failed ─────────────▲
 *
 * `writing` and `undoing` that a process finds were left by a crash; both go back to the original bytes.
 */
export interface Journal {
  readonly version: 1;
  readonly state: 'writing' | 'written' | 'undoing';
  readonly files: readonly JournalFile[];
  /** Folders made for new files, outermost first, relative to the project. */
  readonly folders: readonly string[];
}

/** What a file was and becomes. */
export interface JournalFile {
  readonly path: string;
  /** Hex sha256 and permission bits of the original; null when there was no file. */
  readonly before: { readonly sha256: string; readonly mode: number } | null;
  readonly after: { readonly sha256: string; readonly mode: number | null };
}

/** The journal in a text; undefined when it is none of this version. */
export function parseJournal(text: string): Journal | undefined {
  try {
    const value = JSON.parse(text) as Partial<Journal> | null;
    const isJournal = value?.version === 1 && Array.isArray(value.files) && Array.isArray(value.folders) && /^(?:writing|written|undoing)$/u.test(value.state ?? '');
    return isJournal ? (value as Journal) : undefined;
  } catch {
    return undefined;
  }
}
