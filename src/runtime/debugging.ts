import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DebugPort } from './debug-port.ts';
import { temporaryName } from './temporary-name.ts';

/** How a function is run so that a debugger can come to it. */
export interface DebugRequest {
  /** `either`: an image says nothing of it, and each takes no notice of what is the other's. */
  readonly language: 'python' | 'nodejs' | 'either';
  readonly port: DebugPort;
  /** Absolute folder with debugpy; undefined for Node alone. */
  readonly modules: string | undefined;
  /** The function's first line waits for a debugger. */
  readonly mustWait: boolean;
}

/** What one process of it needs. */
export interface DebugSettings {
  /** Absolute folder on this machine that the process must see; undefined when it needs none. */
  readonly folder: string | undefined;
  /** Over the process's variables. `seen`: where it sees the folder. */
  readonly variables: (seen: string, before: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
}

/** Where a process in its own file tree sees the folder: /tmp is its own and can take it, whatever the image has. */
export const containedDebugFolder = '/tmp/.shear-debug';

/** Python runs this before anything else, whatever starts Python: an entry point of the image's own too. */
const sitecustomize = `import os


def begin(port, must_wait):
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    import debugpy
    debugpy.listen(("127.0.0.1", port))
    if must_wait:
        debugpy.wait_for_client()


# Taken away first: processes that the function starts are not debugged.
PORT = os.environ.pop("SHEAR_DEBUG_PORT", None)
WAIT = os.environ.pop("SHEAR_DEBUG_WAIT", None)
if PORT is not None:
    begin(int(PORT), WAIT is not None)
`;

/** Makes ready what a process that starts now needs. */
export async function prepareDebugging({ language, port, modules, mustWait }: DebugRequest): Promise<DebugSettings> {
  const inner = await port.next();
  const node = (before: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    ({ NODE_OPTIONS: joined(' ', before['NODE_OPTIONS'], `${mustWait ? '--inspect-brk' : '--inspect'}=127.0.0.1:${inner}`) });
  if (language === 'nodejs' || modules === undefined) return { folder: undefined, variables: (_, before) => node(before) };
  await placeOnce(join(modules, 'sitecustomize.py'));
  return {
    folder: modules,
    variables: (seen, before) => ({
      PYTHONPATH: joined(':', seen, before['PYTHONPATH']), SHEAR_DEBUG_PORT: String(inner), ...(mustWait ? { SHEAR_DEBUG_WAIT: '1' } : {}),
      ...(language === 'either' ? node(before) : {}),
    }),
  };
}

function joined(mark: string, ...parts: readonly (string | undefined)[]): string {
  return parts.filter((one) => one !== undefined && one !== '').join(mark);
}

async function placeOnce(path: string): Promise<void> {
  if (existsSync(path)) return;
  const temporary = temporaryName(dirname(path));
  await writeFile(temporary, sitecustomize);
  await rename(temporary, path);
}
