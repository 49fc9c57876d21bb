import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../base/fault.ts';
import { stateFolder, writeJson } from '../build/state.ts';

/**
 * Of some notes those that no run in this project has told yet; from now on they count as told. All of them where the project keeps no
 * state, since there is then nowhere to remember it.
 * @param folder absolute project folder.
 */
export function untoldNotes(folder: string, notes: readonly string[]): readonly string[] {
  if (!existsSync(stateFolder(folder))) return notes;
  const path = join(stateFolder(folder), 'told-notes.json');
  const told = readTold(path);
  const left = notes.filter((note) => !told.has(note));
  try {
    if (left.length > 0) writeJson(path, [...told, ...left].toSorted());
  } catch (error) {
    // Where it cannot be written down they are told again.
    if (!(error instanceof Failure)) throw error;
  }
  return left;
}

function readTold(path: string): ReadonlySet<string> {
  try {
    const read: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return new Set(Array.isArray(read) ? read.filter((one) => typeof one === 'string') : []);
  } catch {
    return new Set();
  }
}
