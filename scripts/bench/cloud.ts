// npm run bench:cloud: from a saved file to the answer of UpdateFunctionCode, against a stand-in of AWS, and what that sends.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudEvent } from '../../src/base/cloud-event.ts';
import type { Host } from '../../src/base/host.ts';
import { build, type BuildOptions } from '../../src/session/build.ts';
import { openCloudSession } from '../../src/session/cloud/session.ts';
import { startMinistack } from '../peers/ministack.ts';
import { provideSam } from '../peers/sam.ts';
import { shear } from '../scenario/shear-cli.ts';
import { cacheFolder, createScriptHost } from '../script-host.ts';
import { provideBase } from '../stand-in/base.ts';
import { startCountingRegistry } from './counting-registry.ts';
import { copyExample } from './projects.ts';

const rounds = Number(process.argv[2] ?? 15);
const registryName = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
const root = mkdtempSync(join(tmpdir(), 'shear-bench-cloud-'));
const machine = createScriptHost();
const sam = await provideSam(machine, cacheFolder);
const aws = await startMinistack(machine, cacheFolder);
const registry = await startCountingRegistry(join(root, 'registry'));
try {
  if (aws.kind === 'none') throw new Error(aws.reason);
  if ('reason' in sam) throw new Error(sam.reason);
  await fetch(`${aws.url}/artefacts`, { method: 'PUT' });
  for (const example of ['transcribe', 'transcribe-zip']) await measure(example, { env: { ...aws.env, SHEAR_SAM: sam.path, DOCKER_HOST: 'unix:///nonexistent' } });
} finally {
  if (aws.kind === 'ministack') await aws.stop();
  await registry.stop();
  rmSync(root, { recursive: true, force: true });
}

async function measure(example: string, { env }: { readonly env: Readonly<Record<string, string>> }): Promise<void> {
  const base = await provideBase(machine, cacheFolder);
  const folder = join(root, example);
  await copyExample(example, folder);
  const mirrors = [`${registryName}=http://${registry.address}`, ...(base.kind === 'stand-in' ? [base.mirrors] : [])].join(',');
  const { DOCKER_HOST: _, ...own } = { ...process.env, ...env };
  const host: Host = { ...machine, emit: () => undefined, cwd: folder, cacheFolder: join(root, 'cache'), env: { ...own, SHEAR_REGISTRY_MIRRORS: mirrors }, run: (program, args, options) => machine.run(program, args, { ...options, env: { ...env, ...options?.env } }) };
  const fixed = await shear(['fix', '--yes', '--allow-dirty'], { cwd: folder, env: { SHEAR_CACHE: join(root, 'cache'), SHEAR_REGISTRY_MIRRORS: mirrors } });
  if (fixed.code > 1) throw new Error(fixed.stderr);
  appendFileSync(join(folder, 'samconfig.toml'), `\n[bench.deploy.parameters]\nstack_name = "bench-${example}"\ns3_bucket = "artefacts"\ncapabilities = "CAPABILITY_IAM"\nimage_repository = "${registryName}/${example}"\n`);
  const options: BuildOptions = { folder, template: undefined, profile: 'bench', parameterOverrides: {}, only: [], isFrozen: false, upgrade: [], outputs: 'sam' };
  const events: CloudEvent[] = [];
  const session = await openCloudSession(host, { build: options, onEvent: (event) => void events.push(event) });
  const save = async (): Promise<{ readonly ms: number; readonly bytes: number; readonly buildMs: number }> => {
    const [started, sentBefore] = [performance.now(), session.aws.sent() + registry.received()];
    const report = await build(host, options);
    const buildMs = performance.now() - started;
    const before = events.length;
    await session.update(report);
    await session.settled();
    const bad = events.slice(before).find(({ kind }) => kind === 'failed' || kind === 'waiting');
    if (bad && 'fault' in bad) throw new Error(`${bad.fault.what} ${bad.fault.why ?? ''}`);
    const sent = events.slice(before).find((event) => event.kind === 'sent');
    return { ms: buildMs + (sent && 'ms' in sent ? sent.ms : 0), bytes: session.aws.sent() + registry.received() - sentBefore, buildMs };
  };
  await save();
  const path = join(folder, example === 'transcribe' ? 'app.py' : join('src', 'app.py'));
  const text = readFileSync(path, 'utf8');
  const runs: Awaited<ReturnType<typeof save>>[] = [];
  for (let n = 0; n < rounds; n++) {
    writeFileSync(path, `${text}\n# change ${n}\n`);
    runs.push(await save());
  }
  const idle = await save();
  const report = await build(host, options);
  const fn = report.functions.find((one) => one.image ?? one.package === 'zip');
  const changed = fn?.image?.layers.at(-1)?.size ?? fn?.zip?.size ?? 0;
  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  process.stdout.write(`${example}: save to UpdateFunctionCode answered, median of ${runs.length}: ${median(runs.map(({ ms }) => ms)).toFixed(0)} ms (build ${median(runs.map(({ buildMs }) => buildMs)).toFixed(0)} ms); sent ${median(runs.map(({ bytes }) => bytes))} bytes, changed ${fn?.image ? 'layer' : 'zip'} ${changed} bytes; a save without a change sends ${idle.bytes} bytes\n`);
}
