import { posix } from 'node:path';
import type { PythonVersion } from '../../model/function.ts';

/** Where CPython looks for a source's bytecode (PEP 3147): `a/b.py` → `a/__pycache__/b.cpython-312.pyc`. */
export function pycPath(source: string, { major, minor }: PythonVersion): string {
  const name = `${posix.basename(source, '.py')}.cpython-${major}${minor}.pyc`;
  const folder = posix.dirname(source);
  return folder === '.' ? `__pycache__/${name}` : `${folder}/__pycache__/${name}`;
}
