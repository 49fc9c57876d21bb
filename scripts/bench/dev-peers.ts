import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../src/base/host.ts';
import { provideEngine, type Engine } from '../peers/engine.ts';
import { provideSam } from '../peers/sam.ts';
import { timed } from '../scenario/shear-cli.ts';
import type { Base } from '../stand-in/base.ts';
import { copyExample } from './projects.ts';

/** What has to be done with sam after a save: build, and invoke. */
interface SamWay {
  readonly label: string;
  readonly example: string;
  readonly build: readonly string[];
  /** How many times quicker shear has to be. */
  readonly atLeast: number;
}

/** The project as it came, and one tuned by hand as far as sam and Docker go. */
const ways: readonly SamWay[] = [
  { label: 'plain `sam build` and `sam local invoke` of the project as it came', example: 'transcribe', build: ['build'], atLeast: 15 },
  { label: '`sam build --use-buildkit` and `sam local invoke` of the one tuned by hand', example: 'transcribe-tuned', build: ['build', '--use-buildkit'], atLeast: 15 },
];

/** What came of one of them. */
export type SamTimes = { readonly label: string; readonly atLeast: number } & ({ readonly times: readonly number[] } | { readonly why: string });

/** What the runs share. */
export interface SamWish {
  readonly cache: string;
  /** Absolute; for the copies of the examples. */
  readonly folder: string;
  readonly base: Base;
  readonly name: string;
  readonly rounds: number;
  /** Gives the source of a handler that answers with a number. */
  readonly handlerSaying: (text: string, version: number) => string;
}

/** Times from a save to the answer of the new code with sam and Docker, in milliseconds; the first round of each only warms up. */
export async function measureSam(host: Host, wish: SamWish): Promise<readonly SamTimes[] | { readonly why: string }> {
  const engine = await provideEngine(host, { cache: wish.cache, layout: wish.base.kind === 'stand-in' ? wish.base.layout : undefined });
  if (engine.kind === 'none') return { why: engine.reason };
  try {
    const sam = await provideSam(host, wish.cache);
    if ('reason' in sam) return { why: sam.reason };
    const all: SamTimes[] = [];
    for (const way of ways) all.push({ label: way.label, atLeast: way.atLeast, ...(await timesOf(way, { ...wish, engine, sam: sam.path })) });
    return all;
  } finally {
    await engine.stop();
  }
}

async function timesOf({ example, build }: SamWay, wish: SamWish & { readonly engine: Engine; readonly sam: string }): Promise<{ readonly times: readonly number[] } | { readonly why: string }> {
  const project = await copyExample(example, join(wish.folder, example));
  const [path, event] = [join(project, 'app.py'), join(wish.folder, 'event.json')];
  const text = readFileSync(path, 'utf8');
  writeFileSync(event, '{}');
  const env = { ...wish.engine.env, SAM_CLI_TELEMETRY: '0', AWS_DEFAULT_REGION: 'eu-central-1' };
  const times: number[] = [];
  for (let version = 0; version <= wish.rounds; version++) {
    const start = performance.now();
    writeFileSync(path, wish.handlerSaying(text, version));
    const built = await timed(wish.sam, build, { cwd: project, env });
    const ran = built.code === 0 ? await timed(wish.sam, ['local', 'invoke', wish.name, '-e', event], { cwd: project, env }) : built;
    if (!ran.stdout.includes(`"version": ${version}`)) return { why: ran.stderr.trim().slice(-400) };
    if (version > 0) times.push(performance.now() - start);
  }
  return { times };
}
