import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withImageConfig } from '../../src/runtime/image-function.ts';
import type { ImageArtefact } from '../../src/runtime/image-function.ts';
import type { RunRequest } from '../../src/runtime/invoke.ts';
import { invokeFunction, startFunction } from '../../src/runtime/invoke.ts';
import { installClient, pythonImage } from './python-image.ts';
import { backends, python, temporaryFolder, testHost } from './rig.ts';
import { layerOf } from './tar.ts';

const event = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const json = (payload: Uint8Array): unknown => JSON.parse(Buffer.from(payload).toString('utf8'));

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'shear-image-')));
afterAll(() => rm(folder, { recursive: true, force: true }));

const client = installClient(folder);
let layers: ImageArtefact['layers'] = [];
beforeAll(() => {
  if (client !== undefined && process.platform === 'linux') layers = pythonImage(folder, client);
});

async function image(source: string, over: Partial<RunRequest['function']> = {}, backend?: 'bubblewrap' | 'process'): Promise<RunRequest> {
  const blobs = await temporaryFolder();
  const app = layerOf(blobs, [{ name: 'var/task/app.py', content: source }]);
  return {
    artefact: {
      kind: 'image',
      layers: [...layers, app],
      config: {
        env: ['PATH=/var/lang/bin:/usr/bin:/bin', 'LD_LIBRARY_PATH=/var/lang/lib', 'LAMBDA_TASK_ROOT=/var/task', 'STAGE=image', 'BELOW=image'],
        entrypoint: [`/var/lang/bin/python${python.version}`, '-m', 'awslambdaric'],
        cmd: ['app.handler'],
        workingDir: '/var/task',
      },
    },
    function: {
      name: 'Pictured', memory: 256, timeout: 20, ephemeralStorage: 600, environment: { STAGE: 'function' }, architecture: testHost().arch, ...over,
    },
    workFolder: join(blobs, 'work'),
    rootsFolder: join(folder, 'roots'),
    interpreter: python.path,
    backend,
  };
}

const source = `import os, sys
print("loading")
count = 0
def handler(event, context):
    global count
    count += 1
    if event.get("fail"):
        raise ValueError("on purpose")
    space = os.statvfs("/tmp")
    return {"count": count, "client": sys.modules["awslambdaric"].__name__, "executable": sys.executable, "stage": os.environ["STAGE"],
            "below": os.environ["BELOW"], "root": sorted(os.listdir("/")), "tmp": space.f_blocks * space.f_frsize // 1048576,
            "remaining": context.get_remaining_time_in_millis() > 0, "cwd": os.getcwd(), "pid": os.getpid(), "uid": os.getuid()}
`;

describe.runIf(client !== undefined && backends.includes('bubblewrap'))('an image function under bubblewrap', () => {
  it('runs on its own file tree with its own client, and stays warm', async () => {
    const runner = await startFunction(testHost(), await image(source));
    try {
      const first = await runner.environment.invoke(event({}));
      expect(first).toMatchObject({ kind: 'response', logs: expect.stringContaining('REPORT') as unknown });
      expect(json(first.payload)).toMatchObject({
        count: 1, client: 'awslambdaric', executable: `/var/lang/bin/python${python.version}`, stage: 'function', below: 'image',
        tmp: 600, remaining: true, cwd: '/var/task', uid: 993, root: expect.not.arrayContaining(['home', 'root', 'usr']) as unknown,
      });
      const failed = await runner.environment.invoke(event({ fail: true }));
      expect(failed).toMatchObject({ kind: 'error', errorType: 'ValueError' });
      expect(json(failed.payload)).toMatchObject({ errorMessage: 'on purpose', stackTrace: [expect.stringContaining('/var/task/app.py", line 8, in handler')] });
      expect(failed.logs).toContain('[ERROR] ValueError: on purpose');
      expect(json((await runner.environment.invoke(event({}))).payload)).toMatchObject({ count: 3 });
      expect(runner.backend).toBe('bubblewrap');
    } finally {
      await runner.environment.stop();
    }
  });

  it('takes the command of the template over that of the image', async () => {
    const request = await image('def other(event, context):\n    import os\n    return os.environ["_HANDLER"]\n');
    if (request.artefact.kind !== 'image') throw new Error('unreachable');
    const artefact = { ...request.artefact, config: withImageConfig(request.artefact.config, { command: ['app.other'] }) };
    const result = await invokeFunction(testHost(), { ...request, artefact, event: event({}) });
    expect(json(result.payload)).toBe('app.other');
  });

  it('reports an entry point that is not there', async () => {
    const request = await image(source);
    if (request.artefact.kind !== 'image') throw new Error('unreachable');
    const artefact = { ...request.artefact, config: withImageConfig(request.artefact.config, { entryPoint: ['/nowhere'] }) };
    const result = await invokeFunction(testHost(), { ...request, artefact, event: event({}) });
    expect(result).toMatchObject({ kind: 'init-error', errorType: 'Runtime.ExitError' });
    expect(result.logs).toContain('/nowhere: No such file or directory');
  });
});

describe.runIf(client !== undefined && process.platform === 'linux')('an image function as a plain process', () => {
  it('runs on the host\'s interpreter with the image\'s packages', async () => {
    const result = await invokeFunction(testHost(), { ...(await image(source, {}, 'process')), event: event({}) });
    expect(result.kind).toBe('response');
    expect(json(result.payload)).toMatchObject({ count: 1, client: 'awslambdaric', executable: python.path, stage: 'function' });
    expect(result.remarks.join('\n')).toContain('plain process');
  });
});

describe('a function that cannot run here', () => {
  it('is refused when it is built for another architecture', async () => {
    const architecture = testHost().arch === 'arm64' ? 'x86_64' : 'arm64';
    const request = await image(source, { architecture });
    await expect(invokeFunction(testHost(), { ...request, event: event({}) })).rejects.toMatchObject({
      fault: { code: 'runtime/failed', what: `Pictured is built for ${architecture}, this machine is ${testHost().arch}` },
    });
  });

  it('is refused when its event is no JSON', async () => {
    await expect(invokeFunction(testHost(), { ...(await image(source)), event: Buffer.from('{') })).rejects.toMatchObject({ fault: { code: 'usage' } });
  });
});
