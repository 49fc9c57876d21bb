import { describe, expect, it } from 'vitest';
import { needOfProgram } from '../../src/media/code-need.ts';
import { readScript } from '../../src/media/script-program.ts';

function needOf(...texts: readonly string[]): ReturnType<typeof needOfProgram> {
  return needOfProgram({ files: texts.map((text, at) => readScript({ path: /^\/\/ (\S+)\n/u.exec(text)?.[1] ?? `app${at}.mjs`, text })) });
}

function commandsOf(...texts: readonly string[]): readonly string[] {
  const need = needOf(...texts);
  if (need.kind === 'unbounded') return need.doubts.map(({ why, place }) => `? ${place?.line ?? 0} ${why}`);
  return need.kind === 'none' ? [] : need.commands.map(({ text }) => text);
}

describe('commands in JavaScript', () => {
  it.each<readonly [string, string, readonly string[]]>([
    ['spawn', "import { spawn } from 'child_process'\nspawn('/opt/bin/ffmpeg', ['-i', input, '-ar', '16000', '/tmp/o.wav'], { cwd: '/tmp' })\n", ['ffmpeg -i … -ar 16000 /tmp/o.wav']],
    ['exec', "const { exec } = require('child_process');\nexec(`ffmpeg -i ${a} -vcodec copy -acodec copy ${b}.mp4`, (e) => { done(e) });\n", ['ffmpeg -i … -vcodec copy -acodec copy ….mp4']],
    ['promisify', "const cp = require('node:child_process')\nconst run = util.promisify(cp.execFile)\nasync function f(x) {\n  await run('ffprobe', ['-show_format', x])\n}\n", ['ffprobe -show_format …']],
    ['a list that grows', "import { spawnSync } from 'node:child_process';\nconst convert = (a, mono) => {\n  const args = ['-i', a];\n  if (mono) args.push('-ac', '1');\n  args.push('-f', 'mp3', '-vn', '-');\n  return spawnSync('ffmpeg', args);\n};\n", ['ffmpeg -i … -ac 1 -f mp3 -vn -']],
    ['spread and a choice', "import { execFileSync } from 'child_process'\nconst program = process.env.AWS_LAMBDA_FUNCTION_NAME ? '/opt/bin/ffmpeg' : 'ffmpeg'\nconst base = ['-y', '-loglevel', 'error']\nexecFileSync(program, [...base, '-i', x, '-c:a', fast ? 'aac' : 'flac', '-vn', 'o.mka'])\n", ['ffmpeg -y -loglevel error -i … -c:a aac|flac -vn o.mka']],
    ['join for a shell', "import { execSync } from 'child_process'\nconst cmd = ['ffmpeg', '-i', a, 'o.wav']\nexecSync(cmd.join(' '))\n", ['ffmpeg -i … o.wav']],
    ['filters that are joined', "import { spawn } from 'child_process'\nconst filters = [`silencedetect=noise=${a}`, `ametadata=mode=print:file=${b}`].join(',')\nspawn('ffmpeg', ['-i', x, '-af', filters, '-f', 'null', '-'])\n", ['ffmpeg -i … -af silencedetect=noise=…,ametadata=mode=print:file=… -f null -']],
    ['TypeScript', "import { spawn } from 'child_process';\nexport async function f(a: string): Promise<void> {\n  const args: string[] = ['-i', a, path.join(os.tmpdir(), 'x.wav')];\n  spawn('ffmpeg', args as string[]);\n}\n", ['ffmpeg -i … /tmp/…/x.wav']],
    ['a program by a name from elsewhere', "import { exec } from 'child_process';\nexec(`${FFMPEG} -i ${a} -c copy o.mp4`);\n", ['ffmpeg -i … -c copy o.mp4']],
    ['fluent-ffmpeg', "const ffmpeg = require('fluent-ffmpeg');\nffmpeg(input).noVideo().audioCodec('libmp3lame').audioFilters('volume=2').toFormat('mp3').save('/tmp/o.mp3');\n", ['ffmpeg -i … -vn -acodec libmp3lame -filter:a volume=2 -f mp3 /tmp/o.mp3']],
    ['fluent-ffmpeg by a variable', "import ffmpeg from 'fluent-ffmpeg';\nlet command = ffmpeg('/tmp/a');\ncommand = command.outputOptions(['-c copy', '-y']);\ncommand.on('end', done).output('/tmp/o.mp4').run();\n", ['ffmpeg -i /tmp/a -c copy -y /tmp/o.mp4']],
    ['fluent-ffmpeg, ffprobe', "import ffmpeg from 'fluent-ffmpeg';\nffmpeg.ffprobe(x, (e, data) => { use(data) });\n", ['ffprobe -show_streams -show_format …']],
    ['a regular expression that runs', "const m = /ffmpeg -i/.exec(text);\nconsole.log('ffmpeg is there');\n", []],
  ])('%s', (_, text, expected) => {
    expect(commandsOf(text)).toEqual(expected);
  });

  it('follows a runner to its callers in other files', () => {
    const runner = "// utils/ffmpeg.mjs\nimport { spawn } from 'child_process';\nexport const execFFmpeg = (args, options = {}) => {\n  return new Promise((resolve) => {\n    const child = spawn('/opt/bin/ffmpeg', args, { cwd: options.cwd });\n  });\n};\n";
    const app = "// app.mjs\nimport { execFFmpeg } from './utils/ffmpeg.mjs';\nexport const handler = async (event) => {\n  await execFFmpeg(['-i', event.path, '-vn', '/tmp/o.wav']);\n};\n";
    expect(commandsOf(app, runner)).toEqual(['ffmpeg -i … -vn /tmp/o.wav']);
  });

  it('follows what a file gives as a whole', () => {
    const name = "// name.js\nmodule.exports = (pattern) => {\n  const path = pattern.replace('{N}', random());\n  return path;\n};\n";
    const app = "// app.js\nconst nameOf = require('./name.js');\nconst { spawnSync } = require('child_process');\nconst out = nameOf('/tmp/{N}.jpg');\nspawnSync('ffmpeg', ['-i', x, '-vframes', 1, out]);\n";
    expect(commandsOf(app, name)).toEqual(['ffmpeg -i … -vframes 1 /tmp/….jpg']);
  });

  it.each<readonly [string, string, readonly string[]]>([
    ['given before in a straight line', "let out = target;\nif (x) out = other;\nout = '/tmp/o.wav';\nspawnSync('ffmpeg', ['-i', x, out]);\n", ['ffmpeg -i … /tmp/o.wav']],
    ['of a branch without braces', "let out = target;\nif (x) out = '/tmp/o.wav';\nspawnSync('ffmpeg', ['-i', '/tmp/a', out]);\n", ['? 5 the format of `out` cannot be told: its ending is not known']],
    ['of a case', "let out = target;\nswitch (x) {\n  case 1:\n    out = '/tmp/o.wav';\n    break;\n  default:\n    spawnSync('ffmpeg', ['-i', '/tmp/a', out]);\n}\n", ['? 9 the format of `out` cannot be told: its ending is not known']],
    ['of the other branch', "let out = target;\nif (x) {\n  out = '/tmp/o.wav';\n} else {\n  spawnSync('ffmpeg', ['-i', '/tmp/a', out]);\n}\n", ['? 7 the format of `out` cannot be told: its ending is not known']],
  ])('takes the value %s', (_, text, expected) => {
    expect(commandsOf(`// a.mjs\nimport { spawnSync } from 'child_process'\n${text}`)).toEqual(expected);
  });

  it('takes the parts that read addresses', () => {
    const need = needOf("import { spawn } from 'child_process'\nimport { getSignedUrl } from '@aws-sdk/s3-request-presigner'\nconst source = await getSignedUrl(client, new GetObjectCommand({ Key: key }), { expiresIn: 60 })\nspawn('ffmpeg', ['-i', source, '-vn', '/tmp/o.wav'])\n");
    expect(need.kind === 'profile' && [need.profile.network, need.isLocal, need.commands[0]?.text]).toEqual([true, false, 'ffmpeg -i https://… -vn /tmp/o.wav']);
  });

  it('says why it cannot tell', () => {
    expect(commandsOf("import { spawn } from 'child_process'\nexport const handler = async (event) => { spawn('ffmpeg', event.args) }\n")).toEqual(['? 2 what `event.args` holds cannot be told']);
    expect(commandsOf("import { exec } from 'child_process'\nexec(`ffmpeg -i \"${signedUrl}\" -vn /tmp/o.mp3`)\n")).toEqual(['ffmpeg -i … -vn /tmp/o.mp3']);
  });
});
