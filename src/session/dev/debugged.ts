import type { Host } from '../../base/host.ts';
import { resolveModel } from '../../model/resolve.ts';
import { unknownFunction } from '../../model/unknown-function.ts';
import { openProject } from '../../project/open.ts';
import type { DebugRequest } from '../../runtime/debugging.ts';
import type { BuildOptions } from '../build.ts';
import { startDebugging, type DebugWish } from '../debugging.ts';

/** The function that a debugger may come to. */
export interface DevDebug extends DebugWish {
  /** Logical ID or full path. */
  readonly name: string;
}

/** Finds the function and opens the debugger's way to it. */
export async function debugged(host: Host, { folder, template, profile, parameterOverrides }: BuildOptions, wish: DevDebug): Promise<{ readonly name: string; readonly request: DebugRequest }> {
  const { functions } = resolveModel(await openProject(host, { folder, template, profile, parameterOverrides, allowsBrokenDockerfiles: true }), { profile, parameterOverrides });
  const fn = functions.find((one) => one.fullPath === wish.name || one.logicalId === wish.name);
  if (!fn) throw unknownFunction(wish.name, functions.map((one) => one.fullPath));
  return { name: fn.fullPath, request: await startDebugging(host, fn, wish) };
}
