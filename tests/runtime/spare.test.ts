import { mkdtempSync, readdirSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ImageArtefact } from '../../src/runtime/image-function.ts';
import { createPool, type PoolSpec, type RunnerPool } from '../../src/runtime/pool.ts';
import type { Outcome } from '../../src/runtime/outcome.ts';
import { createSpareBudget, type SpareBudget } from '../../src/runtime/spare-keeper.ts';
import { installClient, pythonImage } from './python-image.ts';
import { backends, python, temporaryFolder, testHost } from './rig.ts';
import { layerOf } from './tar.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'shear-spare-')));
afterAll(() => rm(folder, { recursive: true, force: true }));
const client = installClient(folder);
let layers: ImageArtefact['layers'] = [];
beforeAll(() => {
  if (client !== undefined && process.platform === 'linux') layers = pythonImage(folder, client);
}, 60_000);

const host = testHost();
const head = 'import json\nimport os\nimport sys\nimport decimal\n';
const says = (value: string, imports = head): string => `${imports}\n\ndef handler(event, context):\n    return ${value}\n`;
/** All that a function can easily see of its process, but for names that each environment has its own of. */
const seen = says(`{
        "modules": [name for name in sys.modules if name != "app"], "path": sys.path, "finders": [getattr(one, "__name__", str(type(one))) for one in sys.meta_path],
        "importers": sorted(sys.path_importer_cache), "hooks": len(sys.path_hooks), "argv": sys.argv, "cwd": os.getcwd(), "umask": os.umask(0o22),
        "variables": {name: value for name, value in os.environ.items() if name not in ("AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_LOG_STREAM_NAME", "_X_AMZN_TRACE_ID")},
        "descriptors": sorted(os.listdir("/proc/self/fd"))[:-1], "tmp": os.listdir("/tmp"), "dev": sorted(os.listdir("/dev")),
        "task": sorted(os.listdir("/var/task")), "threads": os.listdir("/proc/self/task").__len__(), "file": __file__, "name": __name__,
    }`);

async function spec(files: Readonly<Record<string, string>>, more: { readonly work: string; readonly spares?: SpareBudget; readonly stage?: string }): Promise<PoolSpec> {
  const app = layerOf(more.work, Object.entries(files).map(([name, content]) => ({ name: `var/task/${name}`, content })));
  const artefact: ImageArtefact = {
    kind: 'image', layers: [...layers, app], stable: layers.length,
    config: { env: ['PATH=/var/lang/bin', 'LD_LIBRARY_PATH=/var/lang/lib', 'LAMBDA_TASK_ROOT=/var/task', 'PYTHONPATH=/var/extra'], entrypoint: [`/var/lang/bin/python${python.version}`, '-m', 'awslambdaric'], cmd: ['app.handler'], workingDir: '/var/task' },
  };
  return {
    spares: more.spares,
    request: {
      artefact, backend: 'bubblewrap', workFolder: join(more.work, 'work'), rootsFolder: join(folder, 'roots'),
      function: { name: 'Fn', memory: 256, timeout: 20, ephemeralStorage: 512, environment: { STAGE: more.stage ?? 'one' }, architecture: host.arch },
    },
  };
}

interface Rig {
  readonly pool: RunnerPool;
  readonly work: string;
  readonly invoke: () => Promise<{ readonly value: unknown; readonly outcome: Outcome }>;
  readonly replace: (files: Readonly<Record<string, string>>, stage?: string) => Promise<void>;
  readonly spare: () => Promise<void>;
}

/** A function with a spare. */
async function withSpare(files: Readonly<Record<string, string>>, budget: SpareBudget | 'none' = createSpareBudget()): Promise<Rig> {
  const spares = budget === 'none' ? undefined : budget;
  const work = await temporaryFolder();
  const pool = createPool(host, await spec(files, { work, ...(spares ? { spares } : {}) }));
  onTestFinished(() => pool.close());
  const rig: Rig = {
    pool, work,
    invoke: async () => {
      const outcome = await pool.invoke({ payload: Buffer.from('{}') });
      if (outcome.kind === 'throttled') throw new Error('throttled');
      return { value: JSON.parse(Buffer.from(outcome.payload).toString()), outcome };
    },
    replace: async (next, stage) => pool.replace(await spec(next, { work, ...(spares ? { spares } : {}), ...(stage === undefined ? {} : { stage }) })),
    spare: async () => await vi.waitUntil(() => pool.state().hasSpare, { timeout: 20_000 }).then(() => undefined),
  };
  await rig.invoke();
  if (spares) await rig.spare();
  return rig;
}

describe.runIf(client !== undefined && backends.includes('bubblewrap'))('a spare', () => {
  it('runs the next code, and a function sees nothing of it', async () => {
    const rig = await withSpare({ 'app.py': says('1') });
    await rig.replace({ 'app.py': seen });
    const { value, outcome } = await rig.invoke();
    expect(outcome).toMatchObject({ kind: 'response', initAheadMs: expect.any(Number) as number });
    expect(outcome.initAheadMs).toBeLessThan(outcome.initMs ?? 0);
    const fresh = await withSpare({ 'app.py': seen }, 'none');
    await fresh.replace({ 'app.py': `${seen}# again\n` });
    const usual = await fresh.invoke();
    expect(usual.outcome.initAheadMs).toBeUndefined();
    expect(value).toEqual(usual.value);
    expect(value).toMatchObject({ name: 'app', variables: { PYTHONPATH: '/var/extra' }, modules: expect.arrayContaining(['decimal']) as unknown });
  });

  it('serves one save after another', async () => {
    const rig = await withSpare({ 'app.py': says('0') });
    for (const n of [1, 2, 3]) {
      await rig.replace({ 'app.py': says(String(n)) });
      expect(await rig.invoke()).toMatchObject({ value: n, outcome: { initAheadMs: expect.any(Number) as number } });
      await rig.spare();
    }
  });

  it('has run packages, but nothing of the code itself', async () => {
    const helper = (value: string): string => `print("loaded")\nVALUE = ${value}\n`;
    const files = (value: string): Readonly<Record<string, string>> => ({ 'app.py': says('helper.VALUE', `${head}import helper\nimport wave\n`), 'helper.py': helper(value) });
    const rig = await withSpare(files('1'));
    await rig.replace(files('2'));
    const { value, outcome } = await rig.invoke();
    expect({ value, logs: outcome.logs.match(/loaded/gu)?.length, isAhead: outcome.initAheadMs !== undefined }).toEqual({ value: 2, logs: 1, isAhead: true });
  });

  it.each<{ readonly what: string; readonly files: Readonly<Record<string, string>>; readonly stage?: string }>([
    { what: 'imports in another order', files: { 'app.py': says('2', 'import os\nimport json\nimport sys\nimport decimal\n') } },
    { what: 'an import less', files: { 'app.py': says('2', 'import json\nimport os\nimport sys\n') } },
    { what: 'a file more', files: { 'app.py': says('2'), 'other.py': '' } },
    { what: 'other data', files: { 'app.py': says('2'), 'data.txt': 'other' } },
    { what: 'another name of the file', files: { 'main.py': says('2') } },
    { what: 'another variable', files: { 'app.py': says('2') }, stage: 'two' },
  ])('is not taken with $what: a new process starts', async ({ files, stage }) => {
    const rig = await withSpare({ 'app.py': says('1'), ...('data.txt' in files ? { 'data.txt': 'this' } : {}) });
    await rig.replace(files, stage);
    expect((await rig.invoke()).outcome.initAheadMs).toBeUndefined();
  });

  it('tells of broken code as any process does, and of a crash', async () => {
    const rig = await withSpare({ 'app.py': says('1') });
    await rig.replace({ 'app.py': `${head}def handler(:\n` });
    expect(await rig.invoke()).toMatchObject({ value: { errorType: 'Runtime.UserCodeSyntaxError' } });
    await rig.replace({ 'app.py': says('2') });
    expect((await rig.invoke()).value).toBe(2);
    await rig.spare();
    await rig.replace({ 'app.py': says('os._exit(3)') });
    expect((await rig.invoke()).outcome).toMatchObject({ kind: 'crash', initAheadMs: expect.any(Number) as number });
    expect((await rig.invoke()).outcome).toMatchObject({ kind: 'crash' });
  });

  it('is one of two at most, and leaves nothing behind', async () => {
    const budget = createSpareBudget(2);
    const rigs = [await withSpare({ 'app.py': says('1') }, budget), await withSpare({ 'app.py': says('2') }, budget), await withSpare({ 'app.py': says('3') }, budget)];
    expect(rigs.map(({ pool }) => pool.state().hasSpare)).toEqual([false, true, true]);
    for (const { pool } of rigs) await pool.close();
    for (const { work } of rigs) expect(readdirSync(join(work, 'work'))).toEqual([]);
    expect(readdirSync(join(folder, 'roots', 'tops')).filter((name) => name.startsWith('.tmp-'))).toEqual([]);
  });
});
