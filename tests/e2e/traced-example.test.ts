import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepFfmpeg, lendFfmpeg } from '../../scripts/scenario/kept-ffmpeg.ts';
import { startS3Double, type S3Double } from '../../scripts/scenario/s3-double.ts';
import type { TimedRun } from '../../scripts/scenario/shear-cli.ts';
import type { FfmpegComponent } from '../../src/ffmpeg/profile.ts';
import { needOfProgram } from '../../src/media/code-need.ts';
import { readPython } from '../../src/media/python-program.ts';
import { builtFfmpegMakefile } from '../../src/model/built-ffmpeg-makefile.ts';
import type { Lock } from '../../src/lock/lock.ts';
import { findCompiler } from '../../src/tools/find-compiler.ts';
import { findPython } from '../../src/tools/find-python.ts';
import { buildExample, host, isBuilt, type BuiltProject } from './built-project.ts';

// What `shear trace` sees of the examples is no more than what was derived from their text, and what is missing all the same is told where they log.
const compiler = await findCompiler(host, host.arch);
const python = await findPython(host, { major: 3, minor: 12 });
const obstacle = !isBuilt ? '`npm run build` makes the command line' : compiler.kind === 'missing' ? compiler.why : python ? undefined : 'there is no Python 3.12';
const examples = [
  { example: 'transcribe', fn: 'TranscribeFunction', code: 'app.py' },
  { example: 'transcribe-zip', fn: 'TranscribeZipFunction', code: 'src/app.py' },
];

/** Gives the example with a Lambda layer the Makefile that compiles what its code needs, as `fix` writes it where there is none. */
function deriveLayer(folder: string): void {
  const makefile = join(folder, 'ffmpeg', 'Makefile');
  if (!existsSync(makefile)) return;
  const need = needOfProgram({ files: [readPython({ path: 'app.py', text: readFileSync(join(folder, 'src', 'app.py'), 'utf8') })] });
  if (need.kind !== 'profile') throw new Error(need.kind);
  writeFileSync(makefile, builtFfmpegMakefile(need.profile, 'FfmpegLayer', host.arch));
}

describe.skipIf(obstacle !== undefined).each(examples)(`ffmpeg of $example as it runs${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`, ({ example, fn, code }) => {
  const folder = mkdtempSync(join(tmpdir(), 'shear-traced-'));
  const cache = join(folder, 'cache');
  let project: BuiltProject;
  let s3: S3Double;
  beforeAll(async () => {
    s3 = await startS3Double('127.0.0.1');
    lendFfmpeg(cache);
    project = await buildExample({ example, folder: join(folder, 'project'), cache, env: { AWS_ENDPOINT_URL_S3: s3.url, AWS_DEFAULT_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', SHEAR_FFMPEG: '' }, change: deriveLayer });
    await keepFfmpeg(project.folder, cache);
    s3.objects.set('recordings/message.mp3', readFileSync(join(project.folder, 'events', 'message.mp3')));
  }, 900_000);
  afterAll(async () => {
    await s3.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const lock = (): Lock => JSON.parse(readFileSync(join(project.folder, 'shear.lock'), 'utf8')) as Lock;
  const succeeded = (run: TimedRun): TimedRun => {
    expect(run.code, run.stderr).toBe(0);
    return run;
  };

  it('takes the parts that were derived, and the lock says by which event', async () => {
    const { functions } = JSON.parse(succeeded(await project.shear('trace', '--json')).stdout) as { readonly functions: readonly { readonly name: string; readonly events: readonly unknown[]; readonly commands: readonly { readonly components: readonly FfmpegComponent[] }[] }[] };
    const [traced] = functions;
    expect([traced?.name, traced?.events]).toEqual([fn, [{ name: 'events/recording.json', outcome: 'response' }]]);
    const ran = (traced?.commands ?? []).flatMap(({ components }) => components.map(({ kind, name }) => `${kind} ${name}`));
    expect(ran).toEqual(expect.arrayContaining(['demuxer mp3', 'decoder mp3float', 'encoder pcm_s16le', 'muxer wav', 'filter aresample']));
    succeeded(await project.shear('lock'));
    const [built] = Object.values(lock().ffmpeg);
    const evidence = built?.evidence ?? [];
    // Every part that ran is one that the build has: each is in the lock with its event beside what the text told.
    for (const part of new Set(ran)) expect(evidence.find((line) => line.startsWith(`${part}: `)), part).toMatch(/events\/recording\.json/u);
    const reasons = evidence.find((line) => line.startsWith('muxer wav: '))?.replace('muxer wav: ', '').replace(/:\d+/u, '').split(', ');
    expect(reasons?.toSorted()).toEqual([code, 'events/recording.json'].toSorted());
    expect(evidence.filter((line) => /: events\/recording\.json$/u.test(line))).toEqual([]);
  }, 300_000);

  it('names what it lacks, and the way back, in the log of the function that needs it', async () => {
    const path = join(project.folder, code);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('"-f", "wav", sound],', '"-c:a", "flac", "-f", "wav", sound],'));
    const failed = await project.shear('invoke', fn, '-e', join(project.folder, 'events', 'recording.json'));
    writeFileSync(path, text);
    expect(failed.code).toBe(3);
    expect(failed.stderr).toContain('ffmpeg: this build has only the parts that the code was seen to need, and lacks: encoder flac. To get it back: add --enable-encoder=flac to the configure line of ffmpeg (a stage of the Dockerfile, or the Makefile of its Lambda layer), or build with SHEAR_FFMPEG=full, which has every part.');
  }, 300_000);
});
