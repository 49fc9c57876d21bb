import { chmodSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { look } from '../../../src/graph/unchanged.ts';
import { projectFiles, type Rig } from './rig.ts';
import { template } from '../../support/image-and-zip-template.ts';

/** Changes a project as editors, git and people do, the same for the same seed. */
export interface RandomEdits {
  readonly edit: () => void;
  /** Gives back what a build cannot do without. */
  readonly mend: () => void;
  /** 0 … count - 1. */
  readonly pick: (count: number) => number;
}

/** Starts from a seed. */
export function createRandomEdits(rig: Rig, seed: number): RandomEdits {
  let state = seed >>> 0;
  const pick = (count: number): number => {
    // A linear congruential generator (Numerical Recipes).
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
  const roots = ['image', 'zip'];
  const names = ['a.py', 'b.py', 'data.json', 'x.log', 'sub', 'other'];
  const anyPath = (): string => join(rig.project, roots[pick(2)]!, ...Array.from({ length: pick(3) }, () => names[4 + pick(2)]!), names[pick(6)]!);
  const existing = (): string | undefined => {
    const files = roots.flatMap((root) => walk(join(rig.project, root))).filter((path) => !/\/(?:Dockerfile|\.dockerignore|app\.py)$/u.test(path));
    return files[pick(Math.max(1, files.length))];
  };
  const room = (path: string): boolean => {
    for (let at = dirname(path); at !== rig.project; at = dirname(at)) if (isThere(at) && !lstatSync(at).isDirectory()) return false;
    mkdirSync(dirname(path), { recursive: true });
    return true;
  };
  const write = (path: string, text: string): void => {
    if (!room(path) || (isThere(path) && lstatSync(path).isDirectory())) return;
    // In place, or as editors do it: beside it, then renamed over it.
    if (pick(2) === 0) writeFileSync(path, text);
    else {
      writeFileSync(`${path}~`, text);
      renameSync(`${path}~`, path);
    }
  };
  const onExisting = (work: (path: string) => void): void => {
    const path = existing();
    if (path !== undefined) work(path);
  };
  const kinds: readonly (() => void)[] = [
    () => write(anyPath(), `VALUE = ${pick(4)}\n`),
    () => write(join(rig.project, roots[pick(2)]!, 'app.py'), `VERSION = ${pick(5)}\n`),
    () => onExisting((path) => rmSync(path, { recursive: true, force: true })),
    () => onExisting((path) => {
      const target = anyPath();
      if (!target.startsWith(path) && !isThere(target) && room(target) && isThere(path)) renameSync(path, target);
    }),
    () => onExisting((path) => chmodSync(path, pick(2) === 0 ? 0o644 : 0o755)),
    () => {
      const path = anyPath();
      if (room(path) && !isThere(path)) symlinkSync('app.py', path);
    },
    () => onExisting((path) => {
      if (!lstatSync(path).isDirectory()) return;
      renameSync(path, join(rig.root, 'away'));
      renameSync(join(rig.root, 'away'), path);
    }),
    () => write(join(rig.project, 'template.yaml'), template.replace('PackageType: Image', `PackageType: Image, MemorySize: ${128 + pick(3)}`)),
    () => write(join(rig.project, 'template.yaml'), pick(3) === 0 ? 'Resources: [' : template),
    () => write(join(rig.project, 'image/.dockerignore'), pick(2) === 0 ? projectFiles['image/.dockerignore']! : 'Dockerfile\nsub\n'),
  ];
  return {
    pick,
    edit: () => kinds[pick(kinds.length)]!(),
    mend: () => rig.write('template.yaml', template),
  };
}

function isThere(path: string): boolean {
  return look(path) !== undefined;
}

function walk(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? [path, ...walk(path)] : entry.isSymbolicLink() ? [] : [path];
  }).toSorted();
}
