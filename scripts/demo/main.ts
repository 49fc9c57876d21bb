import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Failure, failure } from '../../src/base/fault.ts';
import { copyExample } from '../bench/projects.ts';
import { cacheFolder, createScriptHost } from '../script-host.ts';
import { readJson } from '../scenario/plain-run.ts';
import { startS3Double } from '../scenario/s3-double.ts';
import { toldFfmpeg } from '../scenario/kept-ffmpeg.ts';
import { provideBase } from '../stand-in/base.ts';
import { runBefore } from './before.ts';
import { createProject, type DemoProject } from './project.ts';
import { bytes, duration, notMeasured, printTable } from './table.ts';
import { act, say } from './tell.ts';

// npm run demo: the main job on the example, measured in this run.
const host = createScriptHost();
const withPeers = process.argv.includes('--peers');
const folder = mkdtempSync(join(tmpdir(), 'shear-demo-'));
const s3 = await startS3Double();
try {
  await demo();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  say();
  say(error.fault.what);
  if (error.fault.why !== undefined) say(error.fault.why);
  process.exitCode = 1;
} finally {
  await s3.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function demo(): Promise<void> {
  const base = await act('base images', () => provideBase(host, cacheFolder, withPeers ? 'debian' : 'host'));
  say(`  ${base.sentence}`);
  const project = await copyExample('transcribe', join(folder, 'transcribe'));
  const zip = await copyExample('transcribe-zip', join(folder, 'transcribe-zip'));
  const untouched = await copyExample('transcribe', join(folder, 'untouched'));
  s3.objects.set('recordings/message.mp3', readFileSync(join(project, 'events', 'message.mp3')));
  const aws = { AWS_ENDPOINT_URL_S3: s3.url, AWS_DEFAULT_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
  const env = { ...aws, SHEAR_CACHE: warmTools(), ...(base.kind === 'stand-in' ? { SHEAR_REGISTRY_MIRRORS: base.mirrors } : {}) };
  const event = join(project, 'events', 'recording.json');

  const before = await act(withPeers ? 'the example as it is: built and run' : 'the example as it is: run', () =>
    runBefore(host, { project: untouched, event, env: aws, scratch: folder, base, cache: cacheFolder, withPeers }));
  const wroteBefore = takeResult();

  const image = createProject(project, env);
  say();
  say('$ shear audit');
  say((await image.run(['audit'], [0, 1])).stdout.trimEnd());
  say();
  say('$ shear fix --yes');
  say(lastLines((await image.run(['fix', '--yes'], [0, 1])).stdout, 60));
  if (base.kind === 'stand-in') {
    // Where the base comes from a registry, the fix before has pinned it.
    say();
    say('$ shear fix --yes --unsafe --rule dockerfile/unpinned-base-image --allow-dirty   (the digest of a stand-in holds here alone, so shear asks)');
    say(lastLines((await image.run(['fix', '--yes', '--unsafe', '--rule', 'dockerfile/unpinned-base-image', '--allow-dirty'], [0, 1])).stdout, 20));
  }
  const cold = await act('shear build, with an empty store', () => image.build());
  const overBase = image.overBase();
  say(`  ${toldFfmpeg(project) ?? 'no ffmpeg is in the lock'}: ${bytes(image.sizeOf('ffmpeg'))} compressed`);
  const again = await act('shear build, nothing changed', () => image.build());
  const after = await act('shear invoke TranscribeFunction', () => image.invoke('TranscribeFunction', event));
  const wroteAfter = takeResult();

  if (base.kind === 'stand-in') useRuntimeOf(base.python, zip);
  const zipProject = createProject(zip, env);
  await act('the zip example: audit and fix', () => zipProject.run(['fix', '--yes'], [0, 1]));
  const zipBuild = await act('the zip example: build', () => zipProject.build());
  const zipAnswer = await act('the zip example: shear invoke TranscribeZipFunction', () => zipProject.invoke('TranscribeZipFunction', join(zip, 'events', 'recording.json')));

  const pushes = await changes(image);
  say();
  compare([
    ['before', before.answer],
    ['after', after],
    ['after, as a zip', zipAnswer],
    ['written to S3 before', wroteBefore],
    ['written to S3 after', wroteAfter],
  ]);
  say(`  before: ${before.how}`);
  say();
  const naive = (ms: number | undefined): string => (ms === undefined ? notMeasured : duration(ms));
  say(printTable([
    { name: 'cold build', before: naive(before.build?.cold), after: duration(cold) },
    { name: 'nothing changed', before: naive(before.build?.again), after: duration(again) },
    { name: 'one line changed', before: before.build ? `as nothing changed` : notMeasured, after: duration(pushes.line.ms) },
    { name: 'one requirement added', before: before.build ? `as nothing changed` : notMeasured, after: duration(pushes.requirement.ms) },
    { name: 'image over its base, compressed', before: notMeasured, after: overBase === undefined ? notMeasured : bytes(overBase) },
    { name: 'to push after one line', before: notMeasured, after: bytes(pushes.line.bytes) },
    { name: 'to push after one requirement', before: notMeasured, after: bytes(pushes.requirement.bytes) },
    { name: 'zip example, cold build', before: notMeasured, after: duration(zipBuild) },
  ]));
  if (before.whyNot !== '') say(`  "before" ${notMeasured}: ${before.whyNot}`);
}

/** A store that is empty, with the tools that are already installed. */
function warmTools(): string {
  const cache = join(folder, 'cache');
  mkdirSync(cache);
  const tools = join(host.cacheFolder, 'tools');
  if (existsSync(tools)) symlinkSync(tools, join(cache, 'tools'));
  return cache;
}

/** Without Python 3.12 on this machine the zip example is for the Python that is there: its wheels must be that one's. */
function useRuntimeOf(python: string, project: string): void {
  const minor = python.split('.').slice(0, 2).join('.');
  if (minor === '3.12') return;
  const path = join(project, 'template.yaml');
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('python3.12', `python${minor}`));
  say(`  the zip example is built for python${minor}, which this machine has`);
}

function takeResult(): unknown {
  const name = 'recordings/transcripts/message.json';
  const text = s3.objects.get(name)?.toString();
  s3.objects.delete(name);
  return text === undefined ? undefined : { results: [JSON.parse(text)] };
}

/** One line and one requirement, each built and weighed against what was there before. */
async function changes(image: DemoProject): Promise<Record<'line' | 'requirement', { readonly ms: number; readonly bytes: number }>> {
  const known = image.blobs();
  appendFileSync(join(image.folder, 'app.py'), '\n# One line more.\n');
  const line = { ms: await act('shear build, one line changed', () => image.build()), bytes: image.newBytes(known) };
  const seen = image.blobs();
  const manifest = ['requirements.in', 'requirements.txt'].map((name) => join(image.folder, name)).find((path) => existsSync(path)) ?? '';
  writeFileSync(manifest, `${readFileSync(manifest, 'utf8').trimEnd()}\npyyaml==6.0.3\n`);
  const requirement = { ms: await act('shear build, one requirement added', () => image.build()), bytes: image.newBytes(seen) };
  return { line, requirement };
}

function compare(answers: readonly (readonly [string, unknown])[]): void {
  const expected = readJson(join(folder, 'untouched', 'events', 'expected.json'));
  const wrong = answers.filter(([, answer]) => !isDeepStrictEqual(answer, expected));
  if (wrong.length > 0) {
    const why = wrong.map(([name, answer]) => `${name}: ${JSON.stringify(answer)}`).join('\n');
    throw failure('runtime/failed', 'the answers differ from what the recording says', { why });
  }
  say('The recording was transcribed before and after, with equal answers, which are what it says:');
  say(`  ${JSON.stringify(expected)}`);
}

function lastLines(text: string, count: number): string {
  const lines = text.trimEnd().split('\n');
  return lines.length <= count ? lines.join('\n') : [`… ${lines.length - count} lines`, ...lines.slice(-count)].join('\n');
}
