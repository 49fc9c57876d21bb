import { lstatSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { recipeOfBuiltMakefile } from '../model/built-ffmpeg-makefile.ts';
import { zipDependencies, type ZipDependencies, type ZipPython } from './zip-dependencies.ts';

/** What builds a zip function or Lambda layer, and why. */
export interface ZipMethod {
  readonly engine: 'native' | 'make' | 'sam';
  readonly why: string;
}

/** What to build: a folder by a method, which is the runtime's own or one that Metadata.BuildMethod names. */
export interface ZipSubject {
  readonly folder: string;
  readonly method: string;
  readonly isRuntimeOwn: boolean;
  /** Logical ID of a Lambda layer. */
  readonly layer?: string;
  /** For what is Python. */
  readonly python?: Omit<ZipPython, 'folder' | 'method'> | undefined;
}

/** What takes a zip function or Lambda layer. */
export function zipMethod({ folder, method, isRuntimeOwn, layer, python }: ZipSubject): ZipMethod {
  if (method === 'makefile' && layer !== undefined && ffmpegRecipe(folder, layer)) return { engine: 'native', why: 'its Makefile is one that shear writes for ffmpeg, which is taken from the store' };
  if (method === 'makefile') return { engine: 'make', why: 'its build method is makefile: the target of its own Makefile runs as sam runs it' };
  if (python) return pythonMethod(zipDependencies({ folder, method, ...python }), method);
  const node = isRuntimeOwn && /^nodejs/u.test(method) ? nodePackagesOf(folder) : undefined;
  if (node === 'installed by npm') return { engine: 'sam', why: `${method} with packages in package.json, which npm has to install` };
  if (node !== undefined) return { engine: 'native', why: node === 'none' ? `${method} without packages at run time: the sources are packed` : `${method} without a package.json: the folder is packed as it is, node_modules included` };
  return { engine: 'sam', why: `shear has no step for ${method}` };
}

function pythonMethod(from: ZipDependencies, method: string): ZipMethod {
  switch (from.kind) {
    case 'requirements':
      return { engine: 'native', why: `${method}: the wheels of requirements.txt and the sources are packed side by side` };
    case 'lock':
      return { engine: 'native', why: `${method}: the wheels that ${basename(from.lock.path)} names and the sources are packed side by side${from.isBeyondSam ? '; sam itself would install none of them, since there is no requirements.txt' : ''}` };
    case 'sam':
      return { engine: 'sam', why: from.why };
    case 'none':
      return { engine: 'native', why: from.untaken === undefined ? `${method} without a requirements.txt: the sources are packed as they are` : `${method}: the sources are packed as they are; ${from.untaken}` };
  }
}

/** What a layer's Makefile compiles, where shear itself wrote it; undefined for any other. */
export function ffmpegRecipe(folder: string, logicalId: string): ReturnType<typeof recipeOfBuiltMakefile> {
  const path = join(folder, 'Makefile');
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true ? recipeOfBuiltMakefile(readFileSync(path, 'utf8'), logicalId) : undefined;
}

/** Where a Node function's packages come from. Without a package.json sam copies the folder as it is, node_modules and all. */
export function nodePackagesOf(folder: string): 'none' | 'installed by npm' | 'as they lie there' {
  const path = join(folder, 'package.json');
  if (!lstatSync(path, { throwIfNoEntry: false })) return 'as they lie there';
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const lists = new Map(Object.entries(Object(manifest) as Record<string, unknown>));
    return ['dependencies', 'optionalDependencies', 'peerDependencies'].some((name) => Object.keys(Object(lists.get(name)) as object).length > 0) ? 'installed by npm' : 'none';
  } catch {
    // npm, which sam runs, says what is wrong with it.
    return 'installed by npm';
  }
}
