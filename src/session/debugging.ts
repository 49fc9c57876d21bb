import type { Host } from '../base/host.ts';
import type { LambdaFunction } from '../model/function.ts';
import type { DebugRequest } from '../runtime/debugging.ts';
import { openDebugPort } from '../runtime/debug-port.ts';
import { provideModules } from '../tools/provide-tool.ts';

/** What somebody who debugs asks for. */
export interface DebugWish {
  /** 0 takes any free one; undefined for the one that debuggers expect. */
  readonly port: number | undefined;
  /** The function's first line waits for a debugger. */
  readonly mustWait: boolean;
  readonly onPort: (port: number, language: DebugRequest['language']) => void;
}

/** debugpy's and Node's own. */
const usualPorts: Readonly<Record<DebugRequest['language'], number>> = { python: 5678, either: 5678, nodejs: 9229 };

/** Opens a debugger's way to a function, until shear ends; debugpy is provided for Python. */
export async function startDebugging(host: Host, fn: Pick<LambdaFunction, 'package'>, { port, mustWait, onPort }: DebugWish): Promise<DebugRequest> {
  const language = fn.package.kind !== 'zip' ? 'either' : fn.package.runtime.startsWith('nodejs') ? 'nodejs' : 'python';
  const modules = language === 'nodejs' ? undefined : await provideModules(host, 'debugpy');
  const opened = await openDebugPort(port ?? usualPorts[language]);
  host.signal.addEventListener('abort', () => void opened.close(), { once: true });
  onPort(opened.port, language);
  return { language, modules, port: opened, mustWait };
}
