import { join, resolve } from 'node:path';
import type { BuildReport } from '../build/report.ts';
import { printBuild } from '../report/build-text.ts';
import { cacheFolderOf } from './cache-folder.ts';
import { keepCompiled } from './keep-compiled.ts';
import { isWritten, writeOut } from './write-out.ts';
import { requestText, unchangedBuild, type BuildRequest } from '../session/unchanged-build.ts';

/**
 * What `shear` starts with, bundled by itself as CommonJS because Node starts that sooner: ends here when a plain
 * `shear build` finds nothing changed, or edits that exchange a layer, and loads the real command line otherwise.
 */
function quick(args: readonly string[]): Quick {
  const plain = plainBuild(args);
  if (!plain) return { outcome: 'not tried' };
  const { env } = process;
  const request: BuildRequest = { folder: plain.folder, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: plain.isFrozen };
  const cacheFolder = cacheFolderOf(env);
  const report = unchangedBuild(request, requestText({ env, cacheFolder }, request));
  if (!report) return { outcome: 'changed', plain, request };
  tell(plain, report);
  return { outcome: 'unchanged' };
}

type Quick = { readonly outcome: 'unchanged' | 'not tried' } | { readonly outcome: 'changed'; readonly plain: PlainBuild; readonly request: BuildRequest };

function tell({ isJson, isQuiet }: PlainBuild, report: BuildReport): void {
  const whole = { ...report, ms: process.uptime() * 1000 };
  if (isJson) writeOut(`${JSON.stringify(whole)}\n`);
  else if (!isQuiet) writeOut(`${printBuild(whole)}\n`);
}

interface PlainBuild {
  readonly folder: string;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isFrozen: boolean;
}

/** The arguments, when they are `build` with nothing unusual; anything else is for the real command line. */
function plainBuild(args: readonly string[]): PlainBuild | undefined {
  if (args[0] !== 'build') return undefined;
  const flags = new Set<string>();
  let folder = '.';
  for (let at = 1; at < args.length; at++) {
    const flag = args[at] ?? '';
    if (flag === '--project' && args[at + 1] !== undefined) folder = args[++at] ?? '.';
    else if (['--json', '--quiet', '-q', '--frozen'].includes(flag)) flags.add(flag);
    else return undefined;
  }
  return { folder: resolve(folder), isJson: flags.has('--json'), isQuiet: flags.has('--quiet') || flags.has('-q'), isFrozen: flags.has('--frozen') };
}

/** Whatever goes wrong here, the real command line says it in proper words. */
function quickly(args: readonly string[]): Quick {
  try {
    return quick(args);
  } catch {
    return { outcome: 'not tried' };
  }
}

/** Exchanges layers if that is all there is to do; again, what goes wrong is for the real command line. */
async function replayed({ plain, request }: Extract<Quick, { readonly outcome: 'changed' }>): Promise<boolean> {
  try {
    const { replay } = await import('../session/replay.ts');
    const report = await replay(request, { env: process.env, cacheFolder: cacheFolderOf(process.env) });
    if (report) tell(plain, report);
    return report !== undefined;
  } catch {
    return false;
  }
}

async function go(args: readonly string[]): Promise<void> {
  const found = quickly(args);
  if (found.outcome === 'unchanged') return;
  keepCompiled(join(cacheFolderOf(process.env), 'code'));
  if (found.outcome === 'changed' && (await replayed(found))) return end();
  const { run } = await import('./main.ts');
  await run({ isKnownChanged: found.outcome === 'changed' });
  end();
}

/**
 * Exits when everything has been written, which spares taking the process down in order (2 ms); else what a pipe still takes gets
 * there first. Standard error is written synchronously on Linux alone.
 */
function end(): void {
  if (process.platform === 'linux' && isWritten()) process.exit();
}

void go(process.argv.slice(2));
