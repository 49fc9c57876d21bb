import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

/** A path in a folder that nothing else uses; what a killed run leaves there is recognised by its name. */
export function temporaryName(folder: string): string {
  return join(folder, `.tmp-${randomBytes(8).toString('hex')}`);
}
