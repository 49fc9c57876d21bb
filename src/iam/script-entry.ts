import { basename, join } from 'node:path';
import type { ZipPackage } from '../model/function.ts';

/**
 * The file of a Node.js function's handler (absolute, its ending left out). esbuild puts what it makes of `src/app.ts` at `app.js`, by which the
 * handler calls it: there the entry point of that name is meant.
 */
export function scriptEntry({ codeFolder, handler, buildMethod, buildProperties }: ZipPackage): string {
  const module = handler?.replace(/\.[^./]*$/u, '') ?? '';
  const points = buildMethod === 'esbuild' ? buildProperties['EntryPoints'] : undefined;
  const bare = (Array.isArray(points) ? points : []).flatMap((point) => (typeof point === 'string' ? [point.replace(/\.[cm]?[jt]sx?$/u, '')] : []));
  const found = bare.find((point) => point === module) ?? bare.find((point) => basename(point) === basename(module));
  return join(codeFolder, found ?? module);
}
