import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TreeEntry } from '../../src/base/tree.ts';

/** Which paths below the folder, with forward slashes, are left out together with all that is in them. */
export type LeaveOut = (path: string) => boolean;

/** A folder's files, folders and links as entries below `at` (no slash at either end). Modes become 0644 and 0755. */
export function diskEntries(folder: string, at: string, leaveOut: LeaveOut = () => false): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  const visit = (relative: string): void => {
    for (const name of readdirSync(join(folder, relative))) {
      const path = relative === '' ? name : `${relative}/${name}`;
      if (leaveOut(path)) continue;
      const stat = lstatSync(join(folder, path));
      if (stat.isSymbolicLink()) entries.push({ kind: 'link', path: `${at}/${path}`, target: readlinkSync(join(folder, path)) });
      else if (stat.isFile()) entries.push(fileEntry(`${at}/${path}`, join(folder, path)));
      if (!stat.isDirectory()) continue;
      entries.push(folderEntry(`${at}/${path}`));
      visit(path);
    }
  };
  visit('');
  return entries;
}

/** A file of this machine at a path of the image. */
export function fileEntry(path: string, source: string): Extract<TreeEntry, { readonly kind: 'file' }> {
  const stat = lstatSync(source);
  return { kind: 'file', path, mode: (stat.mode & 0o100) === 0 ? 0o644 : 0o755, size: stat.size, content: { kind: 'disk', path: source } };
}

/** A file with this text. */
export function textEntry(path: string, text: string, mode = 0o644): TreeEntry {
  const bytes = Buffer.from(text);
  return { kind: 'file', path, mode, size: bytes.length, content: { kind: 'bytes', bytes } };
}

/** A folder that others may read. */
export function folderEntry(path: string, mode = 0o755): TreeEntry {
  return { kind: 'folder', path, mode };
}

/** Entries with the folders that they lie in added where missing; links among the parents stay links. */
export function withParents(entries: readonly TreeEntry[]): readonly TreeEntry[] {
  const known = new Set(entries.map((entry) => entry.path));
  const added: TreeEntry[] = [];
  for (const entry of entries) {
    const parts = entry.path.split('/');
    for (let i = 1; i < parts.length; i++) {
      const parent = parts.slice(0, i).join('/');
      if (!known.has(parent)) added.push(folderEntry(parent));
      known.add(parent);
    }
  }
  return [...added, ...entries];
}
