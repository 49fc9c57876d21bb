import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { needBelow } from '../../src/media/need-below.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import { openProject } from '../../src/project/open.ts';
import { testHost } from '../support/host.ts';

const scratch = mkdtempSync(join(tmpdir(), 'shear-environment-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let count = 0;

/** The commands of the code in src/, or why they cannot be told. */
async function commandsOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const folder = join(scratch, String(count++));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const project = await openProject(testHost(), { folder });
  const need = needBelow(project, join(folder, 'src'), resolveModel(project).functions);
  if (need.kind === 'unbounded') return need.doubts.map(({ why, place }) => `? ${place?.line ?? 0} ${why}`);
  return need.kind === 'none' ? [] : need.commands.map(({ text }) => text);
}

const zip = (variables: string, more: string = ''): string => `Transform: AWS::Serverless-2016-10-31
${more}Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      CodeUri: src/
      Environment: { Variables: { ${variables} } }
`;
const python = (format: string): string => `import os, subprocess\nsubprocess.run(["ffmpeg", "-i", "/tmp/in", "-vn", f"/tmp/out.{${format}}"])\n`;
const app = python("os.environ['FORMAT']");
const doubt = `? 2 the format of \`f"/tmp/out.{os.environ['FORMAT']}"\` cannot be told: its ending is not known`;

describe("environment variables in a command's arguments", () => {
  it.each<readonly [string, Readonly<Record<string, string>>, readonly string[]]>([
    ['a literal', { 'template.yaml': zip('FORMAT: mp3'), 'src/app.py': app }, ['ffmpeg -i /tmp/in -vn /tmp/out.mp3']],
    ['by get, without a default', { 'template.yaml': zip('FORMAT: mp3'), 'src/app.py': python("os.environ.get('FORMAT')") }, ['ffmpeg -i /tmp/in -vn /tmp/out.mp3']],
    ['by getenv, where the default never counts', { 'template.yaml': zip('FORMAT: mp3'), 'src/app.py': python("os.getenv('FORMAT', 'wav')") }, ['ffmpeg -i /tmp/in -vn /tmp/out.mp3']],
    ['imported, by a constant', { 'template.yaml': zip('FORMAT: mp3'), 'src/app.py': 'from os import environ\nimport subprocess\nFORMAT = environ["FORMAT"].lower()\nsubprocess.run(["ffmpeg", "-i", "/tmp/in", "-vn", "/tmp/out." + FORMAT])\n' }, ['ffmpeg -i /tmp/in -vn /tmp/out.mp3']],
    ['a parameter that allows some values', { 'template.yaml': zip('FORMAT: !Ref Format', 'Parameters:\n  Format: { Type: String, Default: mp3, AllowedValues: [mp3, wav] }\n'), 'src/app.py': app }, ['ffmpeg -i /tmp/in -vn /tmp/out.mp3|/tmp/out.wav']],
    ['a parameter that allows all', { 'template.yaml': zip('FORMAT: !Ref Format', 'Parameters:\n  Format: { Type: String, Default: mp3 }\n'), 'src/app.py': app }, [doubt]],
    ['either of two', { 'template.yaml': zip('FORMAT: !If [IsProd, flac, wav]', 'Parameters:\n  Stage: { Type: String }\nConditions:\n  IsProd: !Equals [!Ref Stage, prod]\n'), 'src/app.py': app }, ['ffmpeg -i /tmp/in -vn /tmp/out.flac|/tmp/out.wav']],
    ['of a mapping', { 'template.yaml': zip('FORMAT: !FindInMap [Stages, !Ref Stage, Format]', 'Parameters:\n  Stage: { Type: String }\nMappings:\n  Stages:\n    dev: { Format: wav, Level: debug }\n    prod: { Format: mp3, Level: info }\n'), 'src/app.py': app }, ['ffmpeg -i /tmp/in -vn /tmp/out.wav|/tmp/out.mp3']],
    ['of Globals', { 'template.yaml': 'Transform: AWS::Serverless-2016-10-31\nGlobals: { Function: { Environment: { Variables: { FORMAT: wav } } } }\nResources:\n  Fn: { Type: AWS::Serverless::Function, Properties: { Runtime: python3.12, Handler: app.handler, CodeUri: src } }\n', 'src/app.py': app }, ['ffmpeg -i /tmp/in -vn /tmp/out.wav']],
    ['of another resource', { 'template.yaml': zip('FORMAT: !GetAtt Other.Arn'), 'src/app.py': app }, [doubt]],
    ['that the code sets', { 'template.yaml': zip('FORMAT: mp3'), 'src/app.py': app, 'src/settings.py': 'import os\nos.environ["FORMAT"] = read()\n' }, [doubt]],
    ['that the template does not set', { 'template.yaml': zip('OTHER: mp3'), 'src/app.py': app }, [doubt]],
    ['arguments', { 'template.yaml': zip('ARGS: "-ar 16000 -ac 1", CODEC: libmp3lame'), 'src/app.py': 'import os, shlex, subprocess\nsubprocess.run(["ffmpeg", "-i", "/tmp/in", "-vn", *shlex.split(os.environ["ARGS"]), "-c:a", os.environ["CODEC"], "/tmp/o.mp3"])\n' }, ["ffmpeg -i /tmp/in -vn -ar 16000 -ac 1 -c:a libmp3lame /tmp/o.mp3"]],
    ['in Node', { 'template.yaml': zip('FORMAT: mp3').replace('python3.12', 'nodejs22.x'), 'src/app.mjs': "import { spawn } from 'child_process'\nspawn('ffmpeg', ['-i', '/tmp/in', '-vn', `/tmp/out.${process.env.FORMAT}`])\nspawn('ffmpeg', ['-i', '/tmp/in', '-vn', `/tmp/out.${process.env['FORMAT'] ?? 'wav'}`])\n" }, ['ffmpeg -i /tmp/in -vn /tmp/out.mp3', 'ffmpeg -i /tmp/in -vn /tmp/out.mp3|/tmp/out.wav']],
    ['of a Dockerfile', { 'template.yaml': 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn: { Type: AWS::Serverless::Function, Metadata: { Dockerfile: Dockerfile, DockerContext: src }, Properties: { PackageType: Image } }\n', 'src/Dockerfile': 'FROM public.ecr.aws/lambda/python:3.12\nENV FORMAT=flac CODEC=${UNKNOWN}\nCOPY app.py ./\nCMD ["app.handler"]\n', 'src/app.py': app }, ['ffmpeg -i /tmp/in -vn /tmp/out.flac']],
    ['of two functions with one code', { 'template.yaml': `${zip('FORMAT: mp3')}  Other: { Type: AWS::Serverless::Function, Properties: { Runtime: python3.12, Handler: app.other, CodeUri: src, Environment: { Variables: { FORMAT: wav } } } }\n  Third: { Type: AWS::Serverless::Function, Properties: { Runtime: python3.12, Handler: app.third, CodeUri: src } }\n`, 'src/app.py': python("os.environ.get('FORMAT', 'flac')") }, ['ffmpeg -i /tmp/in -vn /tmp/out.mp3|/tmp/out.wav|/tmp/out.flac']],
  ])('%s', async (_, files, expected) => {
    expect(await commandsOf(files)).toEqual(expected);
  });
});
