import { spawn, type ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { failure } from '../../src/base/fault.ts';
import type { TimedRun } from '../scenario/shear-cli.ts';
import { repository } from '../script-host.ts';
import type { Contestant } from './contestant.ts';
import { environmentOf, shearContestant, type ShearSetup } from './shear-contestant.ts';

/** `shear dev`, which stays and builds with every save, as BuildKit's daemon stays: from before the save until image, archive and sam's template are in place. */
export async function devContestant(setup: ShearSetup): Promise<Contestant> {
  const contestant = await shearContestant(setup);
  const first = await contestant.build();
  if (first.code !== 0) throw failure('build/failed', `${setup.label}: the build ended with code ${first.code}`, { why: first.stderr.trim() });
  const dev = await startWatching(setup);
  return {
    ...contestant,
    scenarios: ['one-line'],
    watch: () => {
      const built = dev.nextBuild();
      const start = performance.now();
      const before = archiveStamp(setup.project);
      return async (): Promise<TimedRun> => {
        await built;
        const ms = performance.now() - start;
        if (archiveStamp(setup.project) === before) throw failure('build/failed', `${setup.label}: the archive is as it was`);
        return { code: 0, stdout: '', stderr: '', ms };
      };
    },
    stop: dev.stop,
  };
}

function archiveStamp(project: string): number {
  return statSync(join(project, '.aws-sam', 'build', 'TranscribeFunction.tar')).mtimeMs;
}

interface Watching {
  readonly nextBuild: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

async function startWatching(setup: ShearSetup): Promise<Watching> {
  const child = spawn(setup.node, [join(repository, 'dist', 'shear.cjs'), 'dev', '--json', '--port', '0'], { cwd: setup.project, env: { ...process.env, ...environmentOf(setup) }, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = endOf(child);
  const waiting = new Map<string, () => void>();
  const next = (kind: string): Promise<void> => Promise.race([new Promise<void>((resolve) => waiting.set(kind, resolve)), ended.then(() => Promise.reject(new Error('shear dev ended')))]);
  createInterface({ input: child.stdout }).on('line', (text) => waiting.get((JSON.parse(text) as { readonly kind: string }).kind)?.());
  await next('serving');
  return {
    nextBuild: () => next('built'),
    stop: async () => {
      child.kill('SIGINT');
      await ended;
    },
  };
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('close', () => resolve()));
}
