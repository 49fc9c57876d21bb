import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { traceRecordFile } from '../../src/ffmpeg/trace-record.ts';
import { traceFfmpeg } from '../../src/session/trace-ffmpeg.ts';
import { findPython } from '../../src/tools/find-python.ts';
import { testHost } from '../support/host.ts';

const python = await findPython(testHost({ env: process.env }), { major: 3, minor: 12 });
if (!python) console.warn('tests of tracing are skipped: there is no Python 3.12');
const folder = mkdtempSync(join(tmpdir(), 'shear-trace-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What ffmpeg writes down, from a program that does nothing else. */
const program = `#!/bin/sh
path=$(printf '%s' "$FFREPORT" | sed 's/^file=//; s/:level=48$//; s/%p/ffmpeg/; s/%t/1/')
{ echo 'ffmpeg started on 2026-11-25 at 10:11:37'; echo 'Command line:'; echo "ffmpeg $*"; echo "Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'a':"; } > "$path"
`;
const files: Readonly<Record<string, string>> = {
  'template.yaml': 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Convert:\n    Type: AWS::Serverless::Function\n    Properties: { Runtime: python3.12, CodeUri: code, Handler: app.handler, Timeout: 30 }\n',
  'code/app.py': 'import os, subprocess\nFFMPEG = os.path.join(os.path.dirname(__file__), "bin", "ffmpeg")\ndef handler(event, context):\n    subprocess.run([FFMPEG, "-i", "/tmp/a", *event["options"], "/tmp/o.wav"], check=True)\n',
  'code/bin/ffmpeg': program,
  'events/convert.json': '{"options": ["-af", "volume=2"]}',
};

describe.runIf(python !== undefined)('tracing', () => {
  beforeAll(() => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    chmodSync(join(folder, 'code/bin/ffmpeg'), 0o755);
  });

  it('adds what events showed to what the text tells, and keeps the commands', async () => {
    const host = testHost({ cwd: folder, cacheFolder: join(folder, '.cache'), env: process.env });
    const traced = await traceFfmpeg(host, {
      build: { folder, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: false, upgrade: [], outputs: 'sam' },
      names: [], events: [], mustBuild: true, workFolder: join(folder, 'work'), onLog: () => undefined,
    });
    expect(traced.map(({ name, events, need }) => ({ name, events, need: need.kind }))).toEqual([{ name: 'Convert', events: [{ name: 'events/convert.json', outcome: 'response' }], need: 'unbounded' }]);
    const parts = traced[0]?.profile.components ?? [];
    expect(parts.find(({ kind, name }) => kind === 'filter' && name === 'volume')?.evidence).toEqual([{ kind: 'event', event: 'events/convert.json' }]);
    expect(parts.find(({ kind, name }) => kind === 'demuxer' && name === 'mov')?.evidence).toContainEqual({ kind: 'event', event: 'events/convert.json' });
    expect(readFileSync(join(folder, traceRecordFile), 'utf8')).toBe(`{
  "schema": 1,
  "functions": {
    "Convert": [
      {"event":"events/convert.json","program":"ffmpeg","argv":["-i","/tmp/a","-af","volume=2","/tmp/o.wav"],"components":["demuxer mov"]}
    ]
  }
}
`);
  });

  it('keeps apart programs that start in the same second', async () => {
    const other = join(folder, 'other');
    const two: Readonly<Record<string, string>> = {
      'template.yaml': files['template.yaml'] ?? '', 'events/convert.json': '{}', 'programs/ffmpeg': program,
      'code/app.py': 'import subprocess\ndef handler(event, context):\n    started = [subprocess.Popen(["ffmpeg", "-i", "/tmp/a", f"/tmp/{n}.wav"]) for n in range(4)]\n    return [one.wait() for one in started]\n',
    };
    for (const [path, text] of Object.entries(two)) {
      mkdirSync(dirname(join(other, path)), { recursive: true });
      writeFileSync(join(other, path), text);
    }
    chmodSync(join(other, 'programs/ffmpeg'), 0o755);
    const host = testHost({ cwd: other, cacheFolder: join(folder, '.cache'), env: { ...process.env, PATH: `${join(other, 'programs')}:${process.env['PATH'] ?? ''}` } });
    const traced = await traceFfmpeg(host, {
      build: { folder: other, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: false, upgrade: [], outputs: 'sam' },
      names: [], events: [], mustBuild: true, workFolder: join(folder, 'work-two'), onLog: () => undefined,
    });
    expect(traced[0]?.commands.map(({ argv }) => argv.at(-1)).toSorted()).toEqual(['/tmp/0.wav', '/tmp/1.wav', '/tmp/2.wav', '/tmp/3.wav']);
  });
});
