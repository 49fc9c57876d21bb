import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Host } from '../../src/base/host.ts';
import type { Engine } from './engine.ts';
import { freePort } from './free-port.ts';
import { provideSam } from './sam.ts';

/** AWS's own runtime interface emulator, which the SAM command line carries; its path on this machine. */
export async function provideEmulator(host: Host, cache: string): Promise<{ readonly path: string } | { readonly reason: string }> {
  const sam = await provideSam(host, cache);
  if ('reason' in sam) return sam;
  const libraries = join(dirname(dirname(sam.path)), 'lib');
  const pythons = existsSync(libraries) ? readdirSync(libraries) : [];
  const name = `aws-lambda-rie-${host.arch}`;
  const found = pythons.map((python) => join(libraries, python, 'site-packages', 'samcli', 'local', 'rapid', name)).find((path) => existsSync(path));
  return found === undefined ? { reason: `${sam.path} has no ${name} beside it` } : { path: found };
}

/** A function's image in a container, behind the emulator. */
export interface Emulated {
  /** Sends an event, JSON text. A container that has ended is started anew before. */
  readonly invoke: (event: string) => Promise<{ readonly status: number; readonly body: string }>;
  /** Removes container and image. */
  readonly stop: () => Promise<void>;
}

/** What runs behind the emulator. */
export interface EmulatedWish {
  readonly engine: Engine;
  readonly emulator: string;
  /** Tar archive of the image's root. */
  readonly archive: string;
  readonly config: { readonly env: readonly string[]; readonly entrypoint: readonly string[]; readonly cmd: readonly string[]; readonly workingDir: string };
  readonly settings: { readonly name: string; readonly memory: number; readonly timeout: number };
}

/** Loads the image and runs it as `docker run` with the emulator is described by AWS. */
export async function startEmulated(host: Host, { engine, emulator, archive, config, settings }: EmulatedWish): Promise<Emulated> {
  const image = `shear-emulated:${process.pid}`;
  const name = `emulated-${process.pid}`;
  const docker = async (args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await host.run('docker', args, { env: engine.env, timeout: 300_000 });
    if (code !== 0) throw new Error(`docker ${args[0] ?? ''}: ${stderr.trim()}`);
    return stdout.trim();
  };
  await docker(['import', archive, image]);
  const port = await freePort();
  const variables = [...config.env, `AWS_LAMBDA_FUNCTION_NAME=${settings.name}`, `AWS_LAMBDA_FUNCTION_MEMORY_SIZE=${settings.memory}`, `AWS_LAMBDA_FUNCTION_TIMEOUT=${settings.timeout}`];
  const [, ...command] = ['', ...config.entrypoint, ...config.cmd];
  const remove = async (): Promise<void> => void (await host.run('docker', ['rm', '--force', name], { env: engine.env, timeout: 60_000 }));
  const start = async (): Promise<void> => {
    await remove();
    await docker([
      'run', '--detach', '--name', name, '--publish', `127.0.0.1:${port}:8080`, '--memory', `${settings.memory}m`, '--workdir', config.workingDir,
      '--mount', `type=bind,source=${emulator},target=/emulator,readonly`, ...variables.flatMap((variable) => ['--env', variable]),
      '--entrypoint', '/emulator', image, ...command,
    ]);
  };
  await start();
  return {
    invoke: async (event) => {
      if ((await docker(['inspect', '--format', '{{.State.Running}}', name])) !== 'true') await start();
      return await post(`http://127.0.0.1:${port}/2015-03-31/functions/function/invocations`, event);
    },
    stop: async () => {
      await remove();
      await host.run('docker', ['rmi', '--force', image], { env: engine.env, timeout: 60_000 });
    },
  };
}

/** A container's port takes connections a moment before the emulator does. */
async function post(url: string, body: string): Promise<{ readonly status: number; readonly body: string }> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, { method: 'POST', body });
      return { status: response.status, body: await response.text() };
    } catch (error) {
      if (attempt === 50) throw error;
      await wait(100);
    }
  }
}
