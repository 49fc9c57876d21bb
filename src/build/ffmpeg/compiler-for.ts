import type { Architecture, Host } from '../../base/host.ts';
import { findCompiler, type CompilerSearch } from '../../tools/find-compiler.ts';
import { findContainerCompiler } from './container-toolchain.ts';

/** What compiles for an architecture here: the machine's own toolchain, else one in BuildKit. What is missing is told of both. */
export async function compilerFor(host: Host, architecture: Architecture): Promise<CompilerSearch> {
  const own = await findCompiler(host, architecture);
  if (own.kind === 'found') return own;
  const inContainer = await findContainerCompiler(host, architecture);
  return inContainer.kind === 'found' ? inContainer : { ...own, why: `${own.why}; ${inContainer.why}` };
}

/** The compiler of an id, wherever it is; else the first that is here, or what is missing. */
export async function compilerOf(host: Host, architecture: Architecture, id: string): Promise<CompilerSearch> {
  const own = await findCompiler(host, architecture);
  if (own.kind === 'found' && own.compiler.id === id) return own;
  const inContainer = await findContainerCompiler(host, architecture);
  return inContainer.kind === 'found' && (own.kind === 'missing' || inContainer.compiler.id === id) ? inContainer : own;
}
