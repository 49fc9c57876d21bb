import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provideEngine, type Engine, type NoEngine } from '../../scripts/peers/engine.ts';
import { provideEmulator, startEmulated, type Emulated } from '../../scripts/peers/emulator.ts';
import { cacheFolder } from '../../scripts/script-host.ts';
import { digestOf } from '../../src/base/digest.ts';
import { createPool, type RunnerPool } from '../../src/runtime/pool.ts';
import { serve, type Served } from '../../src/serve/serve.ts';
import { installClient, pythonImage } from '../runtime/python-image.ts';
import { backends, python, testHost } from '../runtime/rig.ts';
import { layerOf, tarOf } from '../runtime/tar.ts';
import { host as scriptHost } from './built-project.ts';

const source = `import os, sys, time
class Mine(Exception):
    pass
def handler(event, context):
    do = event.get("do") if isinstance(event, dict) else None
    if do == "raise":
        raise Mine("not today: \\u00fc \\U0001f600")
    if do == "raise in raise":
        try:
            {}["missing"]
        except KeyError as error:
            raise ValueError("outer") from error
    if do == "unhandled":
        return {"set": {1, 2}}
    if do == "bytes":
        return b"raw"
    if do == "sleep":
        time.sleep(30)
    if do == "exit":
        os._exit(7)
    if do == "sys.exit":
        sys.exit("enough")
    if do == "signal":
        os.kill(os.getpid(), 11)
    if do == "large":
        return "x" * event["size"]
    if do == "nan":
        return float("nan")
    return {"event": event, "name": context.function_name, "version": context.function_version, "memory": context.memory_limit_in_mb, "left": 0 < context.get_remaining_time_in_millis() <= 3000}
`;

const megabyte = 1024 * 1024;
/** What is sent, in this order: what comes after a crash or a timeout runs in a new environment. */
const events: readonly (readonly [what: string, event: string, errorType?: string])[] = [
  ['an object', '{"a":1,"b":[true,null,1.5e3]}'],
  ['unicode', JSON.stringify({ text: 'ünïcødé 😀 \u0000 \u2028 "quoted"' })],
  ['escapes', String.raw`{"text":"\ud83d\ude00 \u00fc \/ \t"}`],
  ['base64', JSON.stringify({ isBase64Encoded: true, body: Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('base64') })],
  ['text', '"just text"'],
  ['null', 'null'],
  ['a number past doubles', '{"n":12345678901234567890}'],
  ['an exception', '{"do":"raise"}', 'Mine'],
  ['an exception with a cause', '{"do":"raise in raise"}', 'ValueError'],
  ['an answer that is no JSON', '{"do":"unhandled"}', 'Runtime.MarshalError'],
  ['bytes for an answer', '{"do":"bytes"}'],
  ['NaN for an answer', '{"do":"nan"}'],
  ['an answer just below 6 MB', `{"do":"large","size":${6 * megabyte - 2}}`],
  ['an answer over 6 MB', `{"do":"large","size":${6 * megabyte + 200}}`, 'Function.ResponseSizeTooLarge'],
  ['what follows it', '{"after":"large"}'],
  ['os._exit', '{"do":"exit"}', 'Runtime.ExitError'],
  ['what follows that', '{"after":"exit"}'],
  ['sys.exit', '{"do":"sys.exit"}', 'Runtime.ExitError'],
  ['what follows sys.exit', '{"after":"sys.exit"}'],
  ['a segmentation fault', '{"do":"signal"}', 'Runtime.ExitError'],
  ['what follows the fault', '{"after":"signal"}'],
  ['a timeout', '{"do":"sleep"}', 'Sandbox.Timedout'],
  ['what follows the timeout', '{"after":"sleep"}'],
];

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'shear-emulator-')));
const client = process.platform === 'linux' ? installClient(folder) : undefined;
const config = { env: ['PATH=/var/lang/bin:/usr/bin:/bin', 'LD_LIBRARY_PATH=/var/lang/lib', 'LAMBDA_TASK_ROOT=/var/task'], entrypoint: [`/var/lang/bin/python${python.version}`, '-m', 'awslambdaric'], cmd: ['app.handler'], workingDir: '/var/task' };
const settings = { name: 'Fn', memory: 256, timeout: 3, ephemeralStorage: 512, environment: {} };

describe('the same events through shear and through Docker with the emulator', () => {
  let engine: Engine | NoEngine = { kind: 'none', reason: 'awslambdaric is missing' };
  let emulated: Emulated | undefined;
  let pool: RunnerPool | undefined;
  let served: Served | undefined;
  let missing: string | undefined;
  beforeAll(async () => {
    const emulator = await provideEmulator(scriptHost, cacheFolder);
    if (client !== undefined) engine = await provideEngine(scriptHost, { cache: cacheFolder });
    missing = 'reason' in emulator ? emulator.reason : engine.kind === 'none' ? engine.reason : undefined;
    if (client === undefined || engine.kind === 'none' || 'reason' in emulator) return;
    const blobs = join(folder, 'blobs');
    mkdirSync(blobs);
    const app = [{ name: 'var/task/app.py', content: source }];
    const base = pythonImage(folder, client);
    const host = testHost();
    pool = createPool(host, { request: { artefact: { kind: 'image', layers: [...base, layerOf(blobs, app)], config }, function: { ...settings, architecture: host.arch }, workFolder: join(blobs, 'work'), interpreter: undefined, backend: backends[0] } });
    served = await serve(host, { port: 0, functions: new Map([['Fn', { pool }]]), apis: [] });
    const archive = join(folder, 'whole.tar');
    execFileSync('tar', ['-C', folder, '-xf', '-', 'var/task/app.py'], { input: tarOf(app) });
    copyFileSync(join(folder, 'base.tar'), archive);
    execFileSync('tar', ['--append', '-f', archive, '--owner=0', '--group=0', '-C', folder, 'var/task/app.py']);
    emulated = await startEmulated(scriptHost, { engine, emulator: emulator.path, archive, config, settings });
  }, 1_200_000);
  afterAll(async () => {
    await emulated?.stop();
    await served?.close();
    await pool?.close();
    if (engine.kind === 'engine') await engine.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('give the same answers and errors', async (context) => {
    if (emulated === undefined || served === undefined) return context.skip(missing);
    for (const [what, event, errorType] of events) {
      const theirs = await emulated.invoke(event);
      const ours = await fetch(`${served.url}/2015-03-31/functions/Fn/invocations`, { method: 'POST', body: event });
      const body = await ours.text();
      expect(comparable(body), what).toBe(comparable(inLambdasForm(theirs.body)));
      // What the emulator leaves out of its answer, or gives other statuses for.
      expect([ours.status, ours.headers.get('x-amz-function-error')], what).toEqual([200, errorType === undefined ? null : 'Unhandled']);
      if (errorType !== undefined) expect(JSON.parse(body), what).toMatchObject({ errorType });
    }
  });
});

/** The emulator tells of a timeout with a bare sentence, where Lambda answers with an error document. */
function inLambdasForm(body: string): string {
  return body.startsWith('Task timed out') ? JSON.stringify({ errorType: 'Sandbox.Timedout', errorMessage: `RequestId: 00000000-0000-0000-0000-000000000000 Error: ${body}` }) : body;
}

/** Without what is another in each invocation; of a long answer its length and digest. */
function comparable(body: string): string {
  const text = body.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu, 'ID');
  return text.length > 10_000 ? `${text.length} ${digestOf(text)}` : text;
}
