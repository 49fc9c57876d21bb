import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** shear's cache folder, absolute: SHEAR_CACHE, else XDG_CACHE_HOME/shear (which has to be absolute to count), else ~/.cache/shear. */
export function cacheFolderOf(env: Readonly<Record<string, string | undefined>>): string {
  const { SHEAR_CACHE: own = '', XDG_CACHE_HOME: shared = '' } = env;
  if (own !== '') return resolve(own);
  return join(isAbsolute(shared) ? shared : join(homedir(), '.cache'), 'shear');
}
