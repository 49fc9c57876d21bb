import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../src/base/host.ts';
import { provideEngine, type Engine } from '../peers/engine.ts';
import { provideSam } from '../peers/sam.ts';
import { runInContainer } from '../scenario/container-run.ts';
import { runPlainly } from '../scenario/plain-run.ts';
import { timed } from '../scenario/shear-cli.ts';
import type { Base } from '../stand-in/base.ts';
import { nearestPython } from '../stand-in/python-tree.ts';

/** What the example does and costs as it stands. */
export interface Before {
  readonly answer: unknown;
  /** How the answer was had, a sentence. */
  readonly how: string;
  /** Milliseconds of `sam build`, first and again with nothing changed; undefined where sam or an engine is missing. */
  readonly build: { readonly cold: number; readonly again: number } | undefined;
  /** Why nothing was measured. */
  readonly whyNot: string;
}

/** Where and with what the example as it stands is run. */
export interface BeforeSetup {
  /** Absolute; an untouched copy of the example. */
  readonly project: string;
  readonly event: string;
  readonly env: Readonly<Record<string, string>>;
  readonly scratch: string;
  readonly base: Base;
  readonly cache: string;
  /** Whether peers may be started and installed, which takes minutes. */
  readonly withPeers: boolean;
}

/** The answer of the untouched handler, and the time of untouched builds where sam and Docker are there. */
export async function runBefore(host: Host, setup: BeforeSetup): Promise<Before> {
  const { project, event, env, scratch } = setup;
  const built = await buildBefore(host, setup);
  if (typeof built !== 'string') return { ...built, how: 'the untouched project\'s image, built by sam and run by Docker', whyNot: '' };
  const answer = await runPlainly(host, await nearestPython(host), { project, event, env, scratch: join(scratch, 'before') });
  const how = 'the untouched handler as a plain process, with the newest of what its requirements.txt asks for and a static ffmpeg';
  return { answer, how, build: undefined, whyNot: built };
}

async function buildBefore(host: Host, { project, event, env, base, cache, withPeers }: BeforeSetup): Promise<Pick<Before, 'answer' | 'build'> | string> {
  if (!withPeers) return '`npm run demo -- --peers` builds it with sam and Docker too, which takes some minutes';
  if (base.kind === 'stand-in' && base.flavour !== 'debian') return 'the stand-in base has no apt';
  const engine = await provideEngine(host, { cache, layout: base.kind === 'stand-in' ? base.layout : undefined });
  if (engine.kind === 'none') return engine.reason;
  try {
    const sam = await provideSam(host, cache);
    if ('reason' in sam) return sam.reason;
    const cold = await samBuild(sam.path, project, engine);
    if (typeof cold === 'string') return cold;
    const again = await samBuild(sam.path, project, engine);
    if (typeof again === 'string') return again;
    const answer = await runInContainer({ image: 'transcribefunction:latest', event: readFileSync(event, 'utf8'), engine: engine.env, env });
    return { answer, build: { cold, again } };
  } finally {
    await engine.stop();
  }
}

async function samBuild(sam: string, project: string, engine: Engine): Promise<number | string> {
  const { code, ms, stderr } = await timed(sam, ['build'], { cwd: project, env: { ...engine.env, SAM_CLI_TELEMETRY: '0' } });
  return code === 0 ? ms : `sam build failed: ${stderr.trim().split('\n').at(-1) ?? ''}`;
}
