import { join, resolve } from 'node:path';
import { printBuild } from '../report/build-text.ts';
import { cacheFolderOf } from './cache-folder.ts';
import { keepCompiled } from './keep-compiled.ts';
import { writeOut } from './write-out.ts';
import { requestText, unchangedBuild, type BuildRequest } from '../session/unchanged-build.ts';

/**
 * What `shear` starts with, bundled by itself as CommonJS because Node starts that sooner: ends here when a plain
 * `shear build` finds nothing changed, and loads the real command line otherwise.
 */
function quick(args: readonly string[]): 'unchanged' | 'changed' | 'not tried' {
  const plain = plainBuild(args);
  if (!plain) return 'not tried';
  const { env } = process;
  const request: BuildRequest = { folder: plain.folder, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: plain.isFrozen };
  const cacheFolder = cacheFolderOf(env);
  const report = unchangedBuild(request, requestText({ env, cacheFolder }, request));
  if (!report) return 'changed';
  const whole = { ...report, ms: process.uptime() * 1000 };
  if (plain.isJson) writeOut(`${JSON.stringify(whole)}\n`);
  else if (!plain.isQuiet) writeOut(`${printBuild(whole)}\n`);
  return 'unchanged';
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
function quickly(args: readonly string[]): ReturnType<typeof quick> {
  try {
    return quick(args);
  } catch {
    return 'not tried';
  }
}

const outcome = quickly(process.argv.slice(2));
if (outcome !== 'unchanged') keepCompiled(join(cacheFolderOf(process.env), 'code'));
if (outcome !== 'unchanged') void import('./main.ts').then(({ run }) => run({ isKnownChanged: outcome === 'changed' }));
