import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Descriptor } from '../oci/descriptor.ts';
import { parseIndex } from '../oci/image-json.ts';
import { refName } from '../oci/layout.ts';
import { withLockFile } from './lock-file.ts';
import { writeAtomically, type Store } from './store.ts';

/** Gives a manifest of the store a name in its index, in place of what had that name. `skopeo inspect oci:FOLDER:NAME` finds it. */
export async function tag(store: Store, name: string, manifest: Descriptor): Promise<void> {
  await changeIndex(store, (manifests) => [
    ...manifests.filter((one) => one.annotations?.[refName] !== name),
    { ...manifest, annotations: { ...manifest.annotations, [refName]: name } },
  ]);
}

/** The manifests that the store's index names. */
export function tagged(store: Store): readonly Descriptor[] {
  try {
    return parseIndex(readFileSync(join(store.folder, 'index.json')))?.manifests ?? [];
  } catch {
    return [];
  }
}

/** Rewrites the index, alone among processes; a damaged one counts as empty. */
export async function changeIndex(store: Store, change: (manifests: readonly Descriptor[]) => readonly Descriptor[]): Promise<void> {
  store.prepare();
  await withLockFile(join(store.folder, 'index.lock'), store.now, () => {
    const manifests = change(tagged(store)).toSorted((a, b) => ((a.annotations?.[refName] ?? '') < (b.annotations?.[refName] ?? '') ? -1 : 1));
    writeAtomically(store.folder, join(store.folder, 'index.json'), Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })), { mode: 0o644 });
  });
}
