import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findPython } from '../../src/tools/find-python.ts';
import { testHost } from '../support/host.ts';

const bin = join(import.meta.dirname, '..', '..', 'dist', 'shear.cjs');
const hasPython = (await findPython(testHost({ env: process.env }), { major: 3, minor: 12 })) !== undefined;

let root: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  root = mkdtempSync(join(realpathSync(tmpdir()), 'shear-dev-cli-'));
  mkdirSync(join(root, 'code'));
  writeFileSync(join(root, 'code/app.py'), 'import os\ndef handler(event, context):\n    print("said")\n    return os.getpid()\n');
  writeFileSync(join(root, 'template.yaml'), `Transform: AWS::Serverless-2016-10-31
Resources:
  One:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: code, Handler: app.handler, Runtime: python3.12 }
`);
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(...args: readonly string[]): { readonly process: ChildProcess; readonly said: () => string; readonly ended: Promise<Ended>; readonly line: (kind: string) => Promise<Record<string, unknown>> } {
  const started = spawn(process.execPath, [bin, 'dev', '--backend', 'process', '--port', '0', ...args], { cwd: root, env: { ...process.env, SHEAR_CACHE: join(root, '..', `${root}-cache`), DOCKER_HOST: undefined } });
  child = started;
  let [out, err] = ['', ''];
  const lines: Record<string, unknown>[] = [];
  createInterface({ input: started.stdout }).on('line', (line) => {
    out += `${line}\n`;
    if (line.startsWith('{')) lines.push(JSON.parse(line) as Record<string, unknown>);
  });
  started.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return {
    process: started,
    said: () => out,
    ended: new Promise((resolve) => started.once('close', (code) => resolve({ code, out, err }))),
    line: async (kind) => await vi.waitUntil(() => lines.find((one) => one['kind'] === kind), { timeout: 120_000 }),
  };
}

async function invoke(url: unknown): Promise<number> {
  return Number(await (await fetch(`${String(url)}/2015-03-31/functions/One/invocations`, { method: 'POST', body: '{}' })).text());
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!existsSync(bin) || !hasPython || existsSync('/var/run/docker.sock'))('the shear dev process', () => {
  it.each([['SIGINT', 130], ['SIGTERM', 130], ['SIGKILL', null]] as const)('leaves nothing running after %s', async (signal, code) => {
    const dev = start('--json');
    const { url } = await dev.line('serving');
    const runner = await invoke(url);
    expect(isAlive(runner)).toBe(true);
    dev.process.kill(signal);
    expect((await dev.ended).code).toBe(code);
    await vi.waitUntil(() => !isAlive(runner), { timeout: 120_000 });
  });

  it('tells invocations and logs as JSON lines', async () => {
    const dev = start('--json');
    const { url, functions } = await dev.line('serving');
    expect(functions).toEqual(['One']);
    await invoke(url);
    expect(await dev.line('finished')).toMatchObject({ schema: 1, function: 'One', outcome: 'response' });
    expect(await dev.line('log')).toMatchObject({ function: 'One' });
  });

  it('with --once ends with 0 when all start, and with 3 and the reason when one does not', async () => {
    const good = await start('--once').ended;
    expect(good.code).toBe(0);
    expect(good.out).toContain('One ready to run');
    writeFileSync(join(root, 'code/app.py'), 'def handler(:\n');
    const bad = await start('--once').ended;
    expect(bad.code).toBe(3);
    expect(bad.out).toContain('One cannot start: Runtime.UserCodeSyntaxError: Syntax error in module \'app\': invalid syntax (app.py, line 1)');
  });

  it.each<readonly [string, readonly string[], string]>([
    ['a function that the template does not have', ['Nope'], 'the template has no function or layer Nope'],
    ['a folder without a template', ['--project', 'code'], 'no SAM template in'],
  ])('ends with 2 at once for %s', async (_, args, what) => {
    const { code, err, out } = await start(...args).ended;
    expect({ code, what: err.includes(what), out }).toEqual({ code: 2, what: true, out: '' });
  });

  it('waits while the template is broken, and says so', async () => {
    const template = readFileSync(join(root, 'template.yaml'), 'utf8');
    writeFileSync(join(root, 'template.yaml'), 'Resources: [');
    const dev = start();
    await vi.waitUntil(() => dev.said().includes('waiting for a change'), { timeout: 120_000 });
    writeFileSync(join(root, 'template.yaml'), template);
    await vi.waitUntil(() => dev.said().includes('One ready to run'), { timeout: 120_000 });
    dev.process.kill('SIGINT');
    expect((await dev.ended).code).toBe(130);
  });

  it('serves the named functions alone', async () => {
    writeFileSync(join(root, 'template.yaml'), `${readFileSync(join(root, 'template.yaml'), 'utf8')}  Other:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: gone, Handler: app.handler, Runtime: python3.12 }
`);
    const { code, out } = await start('--once', 'One').ended;
    expect({ code, ready: out.includes('One ready to run'), other: out.includes('Other') }).toEqual({ code: 0, ready: true, other: false });
  });

  it('says that a port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { code, err } = await start('--port', String(port)).ended;
    taken.close();
    expect(code).toBe(2);
    expect(err).toContain(`port ${port} of 127.0.0.1 is in use by another program`);
  });
});
