import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { provideEngine, type Engine, type NoEngine } from '../../scripts/peers/engine.ts';
import { cacheFolder } from '../../scripts/script-host.ts';
import type { RunRequest } from '../../src/runtime/invoke.ts';
import { createPool } from '../../src/runtime/pool.ts';
import { installClient, pythonImage } from '../runtime/python-image.ts';
import { python, temporaryFolder, testHost, writeFiles } from '../runtime/rig.ts';
import { layerOf } from '../runtime/tar.ts';
import { host as scriptHost } from './built-project.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'shear-docker-')));
const client = process.platform === 'linux' ? installClient(folder) : undefined;
let engine: Engine | NoEngine = { kind: 'none', reason: 'no image can be made' };
beforeAll(async () => {
  if (client !== undefined) engine = await provideEngine(scriptHost, { cache: cacheFolder });
}, 1_200_000);
afterAll(async () => {
  if (engine.kind === 'engine') await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

const source = `import os, time
count = 0
def handler(event, context):
    global count
    count += 1
    if event.get("hang"):
        while True: pass
    def can_write(path):
        try:
            open(path, "w").close()
            return True
        except OSError:
            return False
    space = os.statvfs("/tmp")
    return {"count": count, "uid": os.getuid(), "secret": os.environ["SECRET"], "root": can_write("/var/task/x"), "tmp": can_write("/tmp/x"), "size": space.f_blocks * space.f_frsize // 1048576}
`;

it('an image function runs in a container: warm, bounded, killed at its timeout, and nothing is left', async (context) => {
  if (engine.kind === 'none' || client === undefined) return context.skip(engine.kind === 'none' ? engine.reason : 'awslambdaric is missing');
  const { env } = engine;
  const host = testHost({ ...env, HOME: folder });
  // The rig's host starts programs with this process's environment.
  const run: typeof host.run = (program, args, options) => scriptHost.run(program, args, { ...options, env });
  const pool = createPool({ ...host, run }, { request: { ...await contained(client), limitsCpu: true } });
  const call = async (event: object): Promise<{ readonly kind: string; readonly body: unknown; readonly logs: string }> => {
    const outcome = await pool.invoke({ payload: Buffer.from(JSON.stringify(event)) });
    if (outcome.kind === 'throttled') throw new Error('throttled');
    return { kind: outcome.kind, logs: outcome.logs, body: JSON.parse(Buffer.from(outcome.payload).toString('utf8')) };
  };
  try {
    const first = await call({});
    expect(first, first.logs).toMatchObject({ kind: 'response', body: { count: 1, uid: 993, secret: 'two\nlines', root: false, tmp: true, size: 64 } });
    const inspected = await scriptHost.run('docker', ['inspect', '--format', '{{.HostConfig.NanoCpus}}', await containers(env)], { env });
    expect(inspected.stdout.trim()).toBe('140000000');
    expect((await call({})).body).toMatchObject({ count: 2 });
    expect(await call({ hang: true })).toMatchObject({ kind: 'timeout' });
    expect((await call({})).body).toMatchObject({ count: 1 });
    expect(pool.state()).toMatchObject({ backend: 'docker' });
  } finally {
    await pool.close();
  }
  expect(await containers(env)).toBe('');
});

it('no container is left of a function when shear is killed with SIGKILL', async (context) => {
  if (engine.kind === 'none' || client === undefined) return context.skip(engine.kind === 'none' ? engine.reason : 'awslambdaric is missing');
  const { env } = engine;
  const request = await contained(client);
  const patient = { ...request, function: { ...request.function, timeout: 600 } };
  const rig = (path: string): string => JSON.stringify(pathToFileURL(join(import.meta.dirname, path)).href);
  const main = writeFiles(await temporaryFolder(), {
    'main.mts': `
      import { startFunction } from ${rig('../../src/runtime/invoke.ts')};
      import { createScriptHost } from ${rig('../../scripts/script-host.ts')};
      const runner = await startFunction(createScriptHost(), ${JSON.stringify(patient)});
      await runner.environment.initialised();
      process.stdout.write('READY');
      await runner.environment.invoke(Buffer.from('{"hang":true}'));
    `,
  });
  const tsx = join(import.meta.dirname, '../../node_modules/tsx/dist/loader.mjs');
  const shear = spawn(process.execPath, ['--import', pathToFileURL(tsx).href, join(main, 'main.mts')], { env: { ...process.env, ...env, HOME: folder }, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    for await (const chunk of shear.stdout) if (String(chunk).includes('READY')) break;
    expect(await containers(env)).not.toBe('');
  } finally {
    const ended = once(shear, 'exit');
    shear.kill('SIGKILL');
    await ended;
  }
  await expect.poll(() => containers(env), { interval: 200 }).toBe('');
});

/** IDs of the containers that a run has made and not removed, ended ones too. */
async function containers(env: Readonly<Record<string, string>>): Promise<string> {
  const listed = await scriptHost.run('docker', ['ps', '--all', '--quiet', '--filter', 'name=shear-'], { env });
  return listed.stdout.trim();
}

async function contained(clientFolder: string): Promise<RunRequest> {
  const blobs = await temporaryFolder();
  return {
    artefact: {
      kind: 'image', layers: [...pythonImage(folder, clientFolder), layerOf(blobs, [{ name: 'var/task/app.py', content: source }])],
      config: { env: ['PATH=/var/lang/bin:/usr/bin:/bin', 'LD_LIBRARY_PATH=/var/lang/lib', 'LAMBDA_TASK_ROOT=/var/task'], entrypoint: [`/var/lang/bin/python${python.version}`, '-m', 'awslambdaric'], cmd: ['app.handler'], workingDir: '/var/task' },
    },
    function: { name: 'Contained', memory: 256, timeout: 3, ephemeralStorage: 64, environment: { SECRET: 'two\nlines' }, architecture: testHost().arch },
    workFolder: join(blobs, 'work'), backend: 'docker',
  };
}
