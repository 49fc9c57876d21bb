import { keyOf } from '../base/digest.ts';
import type { Host } from '../base/host.ts';
import type { TreeEntry } from '../base/tree.ts';
import type { PythonVersion } from '../model/function.ts';
import { findPython } from '../tools/find-python.ts';
import { movedPath } from './frontend/moves.ts';
import type { Move } from './frontend/stage.ts';
import { provideWheels } from './provide-wheels.ts';
import { bytecodeEntries, compileBytecode } from './python/bytecode.ts';
import type { FetchedWheel } from './python/fetch-wheels.ts';
import { prefixLayout, targetLayout, type InstallLayout } from './python/install-layout.ts';
import { installOrder, requirementsOf } from './python/install-order.ts';
import type { LockedWheel } from './python/locked-wheel.ts';
import { mergeEntries, printCollision } from './python/merge-entries.ts';
import type { WheelTarget } from './python/tags.ts';
import { metadataText, wheelEntries } from './python/wheel.ts';
import type { StepContext } from './steps/step-table.ts';

/** How wheels become files; canonical, so that it can be a step's parameter. */
export interface WheelInstall {
  readonly wheels: readonly LockedWheel[];
  readonly target: WheelTarget;
  readonly form: 'target' | 'prefix';
  /** Relative to the artefact's root, `''` for the root itself. */
  readonly folder: string;
  /** Absolute, in the artefact. */
  readonly interpreter: string;
  /** Where the artefact's root is when it runs: `/`, `/var/task` or `/opt`. */
  readonly root: string;
  readonly moves: readonly Move[];
  /** Version of the Python that compiles; null for no bytecode. */
  readonly bytecode: string | null;
  readonly packing: 'stored' | 'deflated';
}

/** The files of wheels with their bytecode, as pip would have left them; and the top-level paths they own. */
export async function pythonTree(context: StepContext, install: WheelInstall): Promise<{ readonly entries: readonly TreeEntry[]; readonly roots: readonly string[] }> {
  const { host, store, projectFolder } = context;
  const fetched = await provideWheels(host, store, install.wheels, { target: install.target, cwd: projectFolder });
  const layout = layoutOf(install);
  const ordered = installOrder(fetched.map((wheel) => ({ name: wheel.name, wheel, requires: requirementsOf(metadataText(wheel.path, wheel, 'METADATA') ?? '') })));
  const lists = ordered.map(({ wheel }) => ({ owner: wheel.fileName, entries: move(wheelEntries(wheel.path, wheel, layout), install.moves) }));
  const compiled = await compile(context, install, lists);
  const { entries, collisions } = mergeEntries([...lists, ...compiled]);
  for (const collision of collisions) host.emit({ kind: 'warning', text: printCollision(collision) });
  return { entries, roots: entries.filter((entry) => entry.kind !== 'folder').map((entry) => ownedRoot(entry.path)) };
}

async function compile(
  { host, store }: StepContext,
  install: WheelInstall,
  lists: readonly { readonly owner: string; readonly entries: readonly TreeEntry[] }[],
): Promise<readonly { readonly owner: string; readonly entries: readonly TreeEntry[] }[]> {
  if (install.bytecode === null) return [];
  const python = await findPython(host, install.target.python);
  if (python?.version !== install.bytecode) return [];
  const { form, folder, root, moves, bytecode, packing } = install;
  // By wheel, not by layer: a requirement more must not compile again what stands beside it.
  const jobs = lists.map((list) => ({ ...list, key: keyOf(['bytecode', 1, install.wheels.find(({ fileName }) => fileName === list.owner)?.sha256 ?? '', form, folder, root, moves.map(({ from, to, intoFolder }) => [from, to, intoFolder]), bytecode, packing]) }));
  const kept = new Map(jobs.flatMap(({ key }) => {
    const blob = store.getRecord(key)?.blobs[0];
    return blob ? [[key, blob.digest] as const] : [];
  }));
  const missing = jobs.filter(({ key }) => !kept.has(key));
  const compiled = await compileBytecode(host, missing, {
    python, root, sink: store, workFolder: `${store.folder}/tmp`, parallel: 2, isChecked: false, packing,
  });
  for (const [at, { blob }] of compiled.entries()) {
    const key = missing[at]?.key;
    if (key === undefined) continue;
    store.putRecord(key, { blobs: [{ name: 'bytecode', ...blob }], data: null });
    kept.set(key, blob.digest);
  }
  return jobs.flatMap(({ owner, key }) => {
    const digest = kept.get(key);
    return digest === undefined ? [] : [{ owner, entries: bytecodeEntries(store.pathOf(digest)) }];
  });
}

function layoutOf(install: WheelInstall): InstallLayout {
  const options = { interpreter: install.interpreter, python: install.target.python, installer: 'pip', hasBytecode: install.bytecode !== null } as const;
  return install.form === 'target' ? targetLayout(install.folder, options) : prefixLayout(install.folder, options);
}

function move(entries: readonly TreeEntry[], moves: readonly Move[]): readonly TreeEntry[] {
  if (moves.length === 0) return entries;
  return entries.flatMap((entry) => {
    const path = movedPath(`/${entry.path}`, moves);
    return path === undefined ? [] : [{ ...entry, path: path.slice(1) }];
  });
}

/** The package folder that a file belongs to: below site-packages or the install folder, one name deep. */
function ownedRoot(path: string): string {
  const parts = path.split('/');
  const site = parts.indexOf('site-packages');
  return site < 0 ? path : parts.slice(0, site + 2).join('/');
}

/** The version of this machine's Python, when it has the one that the artefact runs on: the compiler of its bytecode. The lock names it. */
export async function bytecodeVersion({ host, draft }: { readonly host: Host; readonly draft: { readonly tools: Map<string, string> } }, version: PythonVersion): Promise<string | null> {
  // Bytecode that is checked by hash, or not at all, came with 3.7 (PEP 552).
  if (version.major === 3 && version.minor < 7) return null;
  const found = (await findPython(host, version))?.version;
  const name = `python${version.major}.${version.minor}`;
  if (found === undefined) draft.tools.delete(name);
  else draft.tools.set(name, found);
  return found ?? null;
}

export type { FetchedWheel };
