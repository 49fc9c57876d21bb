import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../src/base/fault.ts';
import { dev, type DevOptions } from '../../../src/session/dev/dev.ts';
import type { DevEvent } from '../../../src/session/dev/events.ts';
import { runningDev } from '../../../src/session/running-dev.ts';
import { findPython } from '../../../src/tools/find-python.ts';
import { createRig, type Rig } from './rig.ts';

const fn = (name: string): string => `  ${name}:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: ${name.toLowerCase()}, Handler: app.handler, Runtime: python3.12, Timeout: 20 }
`;
const files = {
  'template.yaml': `Transform: AWS::Serverless-2016-10-31\nResources:\n${fn('One')}${fn('Two')}`,
  'one/app.py': 'import os\ndef handler(event, context):\n    return {"version": 1, "process": os.getpid()}\n',
  'two/app.py': 'import os\ndef handler(event, context):\n    return {"version": 1, "process": os.getpid()}\n',
};

let rig: Rig;
let controller: AbortController;
let running: Promise<boolean> | undefined;
let told: DevEvent[];
afterEach(async () => {
  controller.abort();
  await running?.catch(() => undefined);
  running = undefined;
  await rig.close();
});

function begin(over: Readonly<Record<string, string>> = {}, more: Partial<DevOptions> = {}): DevOptions & { readonly signal: AbortSignal } {
  rig = createRig({ ...files, ...over });
  controller = new AbortController();
  told = [];
  return { build: rig.options, port: 0, isOnce: false, backend: 'process', variables: undefined, onEvent: (event) => void told.push(event), signal: controller.signal, ...more };
}

/** Starts it and waits until it serves. */
async function start(over: Readonly<Record<string, string>> = {}): Promise<string> {
  const options = begin(over);
  return await new Promise((resolve, reject) => {
    running = dev({ ...rig.host, signal: controller.signal }, {
      ...options,
      onEvent: (event) => {
        told.push(event);
        if (event.kind === 'serving') resolve(event.url);
      },
    });
    running.catch(reject);
  });
}

async function invoke(url: string, name: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}/2015-03-31/functions/${name}/invocations`, { method: 'POST', body: '{}' });
  return (await answer.json()) as Record<string, unknown>;
}

const hasPython = (await findPython(createHostForProbe(), { major: 3, minor: 12 })) !== undefined;

function createHostForProbe(): Rig['host'] {
  const probe = createRig(files);
  void probe.close();
  return probe.host;
}

describe.skipIf(!hasPython)('shear dev', () => {
  it('runs the new code with the first invocation after a save, and leaves other functions\' processes alone', async () => {
    const url = await start();
    const [one, two] = [await invoke(url, 'One'), await invoke(url, 'Two')];
    expect(await invoke(url, 'One')).toEqual(one);
    rig.write('one/app.py', files['one/app.py'].replace('"version": 1', '"version": 2'));
    const after = await invoke(url, 'One');
    expect(after['version']).toBe(2);
    expect(after['process']).not.toBe(one['process']);
    expect(await invoke(url, 'Two')).toEqual(two);
    expect(readFileSync(rig.at('.aws-sam/build/One/app.py'), 'utf8')).toContain('"version": 2');
  });

  it('answers with what is wrong while a handler cannot be read, and goes on when it is mended', async () => {
    const url = await start();
    rig.write('one/app.py', 'def handler(:\n');
    expect(await invoke(url, 'One')).toMatchObject({ errorType: 'Runtime.UserCodeSyntaxError' });
    rig.write('one/app.py', 'import nowhere\n');
    expect(await invoke(url, 'One')).toMatchObject({ errorType: 'Runtime.ImportModuleError' });
    rig.write('one/app.py', files['one/app.py']);
    expect(await invoke(url, 'One')).toMatchObject({ version: 1 });
  });

  it('runs the last good build while the template is broken', async () => {
    const url = await start();
    const one = await invoke(url, 'One');
    rig.write('template.yaml', 'Resources: [');
    expect(await invoke(url, 'One')).toEqual(one);
    expect(told.at(-1)?.kind).not.toBe('built');
    expect(told.some((event) => event.kind === 'failed' && event.fault.place?.file === 'template.yaml')).toBe(true);
    rig.write('template.yaml', files['template.yaml'].replace('Timeout: 20', 'Timeout: 21'));
    expect((await invoke(url, 'One'))['process']).not.toBe(one['process']);
  });

  it('serves functions that a template gains, and no longer those that it loses', async () => {
    const url = await start();
    rig.write('three/app.py', files['one/app.py'].replace('1', '3'));
    rig.write('template.yaml', `${files['template.yaml'].replace(fn('Two'), '')}${fn('Three')}`);
    expect(await invoke(url, 'Three')).toMatchObject({ version: 3 });
    expect(await invoke(url, 'Two')).not.toHaveProperty('version');
  });

  it('runs the others while one cannot be built, answers for that one with the reason and its place, and runs it when it is mended', async () => {
    const template = `${files['template.yaml']}  Script:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: script, Handler: app.handler, Runtime: nodejs22.x, Timeout: 20 }
  Image:
    Type: AWS::Serverless::Function
    Metadata: { Dockerfile: Dockerfile, DockerContext: image }
    Properties: { PackageType: Image }
`;
    const url = await start({
      'template.yaml': template, 'script/app.js': 'exports.handler = async () => ({ script: 1 });\n', 'script/package.json': '{"dependencies": {"left": "1.0.0"}}\n',
      'image/Dockerfile': 'FROM example.test/python:3.12\nRUN make everything\n',
    });
    const serving = told.find((event) => event.kind === 'serving');
    expect(serving?.kind === 'serving' && serving.functions).toEqual(['One', 'Two']);
    expect(serving?.kind === 'serving' && [...serving.unrunnable].map(([name, { code, place }]) => [name, code, place?.file, place?.line])).toEqual([
      ['Script', 'project/unsupported', 'template.yaml', 9],
      ['Image', 'build/unsupported-instruction', 'image/Dockerfile', 2],
    ]);
    expect(existsSync(rig.at('.aws-sam/build/template.yaml'))).toBe(false);
    expect(await invoke(url, 'One')).toMatchObject({ version: 1 });
    expect(await invoke(url, 'Image')).toMatchObject({ Type: 'Service', Message: expect.stringMatching(/^Image needs a Docker engine, and none answers \(image\/Dockerfile:2\); /u) as string });
    rig.write('one/app.py', files['one/app.py'].replace('"version": 1', '"version": 2'));
    expect(await invoke(url, 'One')).toMatchObject({ version: 2 });
    rig.write('script/package.json', '{}\n');
    expect(await invoke(url, 'Script')).toEqual({ script: 1 });
    rig.write('image/Dockerfile', 'FROM example.test/python:3.12\nCOPY . .\nCMD ["app.handler"]\n');
    await invoke(url, 'Two');
    expect(told.findLast((event) => event.kind === 'serving')?.unrunnable.size).toBe(0);
    expect(readFileSync(rig.at('.aws-sam/build/template.yaml'), 'utf8')).toContain('Image:');
  });

  it('goes on with what was built of a function before while it cannot be built', async () => {
    const url = await start();
    const one = await invoke(url, 'One');
    rig.write('one/requirements.txt', 'no such thing ==\n');
    rig.write('two/app.py', files['two/app.py'].replace('"version": 1', '"version": 2'));
    expect(await invoke(url, 'Two')).toMatchObject({ version: 2 });
    expect(await invoke(url, 'One')).toEqual(one);
    const serving = told.findLast((event) => event.kind === 'serving');
    expect([[...(serving?.stale ?? [])], serving?.unrunnable.get('One')?.place?.file]).toEqual([['One'], 'one/requirements.txt']);
    rig.write('one/requirements.txt', '');
    expect(await invoke(url, 'One')).toMatchObject({ version: 1 });
    expect(told.findLast((event) => event.kind === 'serving')?.unrunnable.size).toBe(0);
  });

  it('is alone in a project, and says where the other one serves', async () => {
    const url = await start();
    expect(runningDev(rig.project, undefined)).toBe(url);
    const second = dev({ ...rig.host, signal: controller.signal }, { ...begin0(), onEvent: () => undefined });
    const error: unknown = await second.catch((reason: unknown) => reason);
    expect(error instanceof Failure && error.fault.what).toBe(`\`shear dev\` runs in this project already: process ${process.pid} at ${url}`);
    controller.abort();
    await running;
    expect(existsSync(join(rig.project, '.aws-sam/shear/dev.json'))).toBe(false);
    expect(readdirSync(join(rig.project, '.aws-sam/shear')).filter((name) => name.startsWith('dev'))).toEqual([]);
  });

  it('with --once tells by its end whether every function starts', async () => {
    const good = begin({}, { isOnce: true });
    expect(await dev(rig.host, good)).toBe(true);
    rig.write('two/app.py', 'import nowhere\n');
    expect(await dev(rig.host, good)).toBe(false);
    expect(told.some((event) => event.kind === 'pool' && event.name === 'Two' && event.state?.initProblem?.startsWith('Runtime.ImportModuleError') === true)).toBe(true);
    rig.write('two/app.py', files['two/app.py']);
    rig.write('two/requirements.txt', 'no such thing ==\n');
    expect(await dev(rig.host, good)).toBe(false);
    expect([...(told.findLast((event) => event.kind === 'serving')?.unrunnable.keys() ?? [])]).toEqual(['Two']);
    rig.write('template.yaml', 'Resources: [');
    expect(await dev(rig.host, good)).toBe(false);
  });
});

function begin0(): DevOptions {
  return { build: rig.options, port: 0, isOnce: false, backend: 'process', variables: undefined, onEvent: () => undefined };
}
