import { posix } from 'node:path';
import type { PythonVersion } from '../../model/function.ts';

/** Where CPython looks for a source's bytecode (PEP 3147): `a/b.py` → `a/__pycache__/b.cpython-312.pyc`. */
export function pycPath(source: string, { major, minor }: PythonVersion): string {
  const name = `${posix.basename(source, '.py')}.cpython-${major}${minor}.pyc`;
  const folder = posix.dirname(source);
  return folder === '.' ? `__pycache__/${name}` : `${folder}/__pycache__/${name}`;
}

/**
 * Whether a file is worth compiling: sources, but not those of test suites, which no function imports (they are more
 * than half of numpy's source). Python compiles what has no bytecode by itself.
 */
export function isCompiled(path: string): boolean {
  return path.endsWith('.py') && !/(?:^|\/)tests?\//u.test(path);
}
