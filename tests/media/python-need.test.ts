import { describe, expect, it } from 'vitest';
import { needOfProgram } from '../../src/media/code-need.ts';
import { readPython } from '../../src/media/python-program.ts';

function needOf(...texts: readonly string[]): ReturnType<typeof needOfProgram> {
  return needOfProgram({ files: texts.map((text, at) => ({ text, at })).map(({ text, at }) => readPython({ path: /^# (\S+\.py)\n/u.exec(text)?.[1] ?? (at === 0 ? 'app.py' : `file${at}.py`), text })) });
}

function commandsOf(...texts: readonly string[]): readonly string[] {
  const need = needOf(...texts);
  if (need.kind === 'unbounded') return need.doubts.map(({ why, place }) => `? ${place?.line ?? 0} ${why}`);
  return need.kind === 'none' ? [] : need.commands.map(({ text }) => text);
}

describe('commands in Python', () => {
  it.each<readonly [string, string, readonly string[]]>([
    ['a list', 'import subprocess\nsubprocess.run(["ffmpeg", "-i", path, "/tmp/out.wav"])\n', ['ffmpeg -i … /tmp/out.wav']],
    ['another name for the module', 'import subprocess as sp\nsp.check_output(["/opt/bin/ffprobe", "-show_format", name])\n', ['ffprobe -show_format …']],
    ['an imported function', 'from subprocess import Popen, PIPE\nPopen(args=["ffmpeg", "-i", "a", "b.wav"], stdout=PIPE)\n', ['ffmpeg -i a b.wav']],
    ['a list that grows', 'import subprocess\ndef f(a, b):\n    cmd = ["ffmpeg", "-i", a]\n    if b:\n        cmd += ["-ss", str(b)]\n    cmd.append("-vn")\n    cmd.extend(["-f", "mp3", "-"])\n    subprocess.run(cmd)\n', ['ffmpeg -i … -ss … -vn -f mp3 -']],
    ['concatenation', 'import subprocess\nbase = ["ffmpeg", "-y"]\nsubprocess.call(base + ["-i", x] + ["o.wav"])\n', ['ffmpeg -y -i … o.wav']],
    ['unpacking', 'import subprocess\nrate = ["-ar", "16000"]\nsubprocess.run(["ffmpeg", "-i", x, *rate, "o.wav"])\n', ['ffmpeg -i … -ar 16000 o.wav']],
    ['a line for a shell', 'import os\nos.system("ffmpeg -i %s -ac 1 /tmp/o.wav > /dev/null 2>&1" % path)\n', ['ffmpeg -i … -ac 1 /tmp/o.wav']],
    ['an f-string', "import subprocess\nsubprocess.run(f'ffmpeg -i \"{a}\" -vf scale={w}:-1 {folder}/o.png', shell=True)\n", ['ffmpeg -i … -vf scale=…:-1 …/o.png']],
    ['shlex.split and format', 'import shlex, subprocess\nsubprocess.run(shlex.split("ffmpeg -i {} -t {n} o.wav".format(a, n=5)))\n', ['ffmpeg -i … -t 5 o.wav']],
    ['split', 'import subprocess\ncmd = "ffmpeg -i a.mp4 -vn o.wav"\nsubprocess.run(cmd.split())\n', ['ffmpeg -i a.mp4 -vn o.wav']],
    ['a shell in between', 'import subprocess\nsubprocess.run(["bash", "-c", f"nice ffmpeg -i {x} o.wav && rm {x}"])\n', ['ffmpeg -i … o.wav']],
    ['asyncio', 'import asyncio\nasync def f():\n    await asyncio.create_subprocess_exec("ffmpeg", "-i", x, "o.wav", stdout=None)\n', ['ffmpeg -i … o.wav']],
    ['asyncio, unpacked', 'import asyncio\nasync def f():\n    cmd = ["ffmpeg", "-i", x, "o.wav"]\n    await asyncio.create_subprocess_exec(*cmd)\n', ['ffmpeg -i … o.wav']],
    ['either of two codecs', 'import subprocess\nsubprocess.run(["ffmpeg", "-i", x, "-vn", "-c:a", "aac" if best else "libmp3lame", "o.mkv"])\n', ['ffmpeg -i … -vn -c:a aac|libmp3lame o.mkv']],
    ['a table of codecs', 'import subprocess\nCODECS = {"mp3": "libmp3lame", "flac": "flac"}\ndef f(kind):\n    subprocess.run(["ffmpeg", "-i", x, "-vn", "-c:a", CODECS[kind], "o.mka"])\n', ['ffmpeg -i … -vn -c:a libmp3lame|flac o.mka']],
    ['a file beside the input', 'import os, subprocess\nout = os.path.splitext(path)[0] + ".wav"\nsubprocess.run(["ffmpeg", "-i", path, out])\n', ['ffmpeg -i … ….wav']],
    ['pathlib', 'import subprocess\nfrom pathlib import Path\nout = Path("/tmp") / "x" / f"{name}.flac"\nsubprocess.run(["ffmpeg", "-i", path, "-vn", str(out.with_suffix(".wav"))])\n', ['ffmpeg -i … -vn ….wav']],
    ['a temporary file', 'import subprocess, tempfile\nwith tempfile.NamedTemporaryFile(suffix=".wav") as f:\n    subprocess.run(["ffmpeg", "-i", "/tmp/in", "-y", f.name])\n', ['ffmpeg -i /tmp/in -y /tmp/….wav']],
    ['mkstemp', 'import subprocess, tempfile\nhandle, path = tempfile.mkstemp(suffix=".wav")\nsubprocess.run(["ffmpeg", "-i", "/tmp/in", path])\n', ['ffmpeg -i /tmp/in /tmp/….wav']],
    ['words made text', 'import subprocess\ncmd = ["ffmpeg", "-i", x, "-ar", 16000, "o.wav"]\nsubprocess.run([str(word) for word in cmd])\n', ['ffmpeg -i … -ar 16000 o.wav']],
    ['which', 'import shutil, subprocess\nFFMPEG = shutil.which("ffmpeg") or "/opt/bin/ffmpeg"\nsubprocess.run([FFMPEG, "-i", x, "o.wav"])\n', ['ffmpeg -i … o.wav']],
    ['a path from the environment', 'import os, subprocess\nFFMPEG = os.environ.get("FFMPEG_PATH", "/opt/bin/ffmpeg")\nsubprocess.run([FFMPEG, "-i", x, "o.wav"])\n', ['ffmpeg -i … o.wav']],
    ['a function that gives the list', 'import subprocess\ndef command(source, target):\n    return ["ffmpeg", "-i", source, target]\nsubprocess.run(command("/tmp/a", "/tmp/b.wav"))\n', ['ffmpeg -i /tmp/a /tmp/b.wav']],
    ['a class', 'import subprocess\nclass Convert:\n    def __init__(self):\n        self.codec = "pcm_s16le"\n    def run(self, a):\n        subprocess.run(["ffmpeg", "-i", a, "-c:a", self.codec, "o.wav"])\n', ['ffmpeg -i … -c:a pcm_s16le o.wav']],
    ['a loop over commands', 'import subprocess\nfor cmd in [["ffmpeg", "-i", "a", "b.wav"], ["ffmpeg", "-i", "b.wav", "-vn", "c.mp3"]]:\n    subprocess.run(cmd)\n', ['ffmpeg -i a b.wav', 'ffmpeg -i b.wav -vn c.mp3']],
    ['ffmpeg-python', 'import ffmpeg\nffmpeg.input(a).filter("scale", 320, -1).output("o.png", vframes=1, **{"q:v": 2}).run()\n', ['ffmpeg -i … -filter_complex scale -vframes 1 -q:v 2 o.png']],
    ['ffmpeg-python, functions', 'import ffmpeg\ns = ffmpeg.input("a.mp4", ss=1)\ns = ffmpeg.hflip(s)\nffmpeg.output(s, "o.png", vframes=1).run()\n', ['ffmpeg -ss 1 -i a.mp4 -filter_complex hflip -vframes 1 o.png']],
    ['ffmpeg.probe', 'import ffmpeg\nffmpeg.probe(a)\n', ['ffprobe -show_format -show_streams -of json …']],
    ['whisper', 'import whisper\nmodel = whisper.load_model("base")\nmodel.transcribe("/tmp/a.mp3")\n', ['ffmpeg -nostdin -threads 0 -i /tmp/… -f s16le -ac 1 -acodec pcm_s16le -ar 16000 -']],
    ['the condition of a branch', 'import subprocess\nif not subprocess.call(["ffmpeg", "-i", x, "o.wav"]) == 0 and retry:\n    raise RuntimeError()\n', ['ffmpeg -i … o.wav']],
    ['what a comparison is given', 'import subprocess\nok = subprocess.run(["ffmpeg", "-i", x, "o.wav"]).returncode == 0\n', ['ffmpeg -i … o.wav']],
    ['a lambda', 'import subprocess\npool.submit(lambda: subprocess.run(["ffmpeg", "-i", x, "o.wav"]))\n', ['ffmpeg -i … o.wav']],
    ['a function that is called in a condition', 'import subprocess\ndef convert(a, b):\n    subprocess.run(["ffmpeg", "-i", a, b])\ndef handler(event, context):\n    if not convert("/tmp/a", f"/tmp/{event}.wav"):\n        return 1\n', ['ffmpeg -i /tmp/a /tmp/….wav']],
    ['a name that got another value before', 'import subprocess\ndef handler(event, context):\n    out = None\n    for kind in event["kinds"]:\n        out = event["out"]\n    if event:\n        out = "/tmp/o.wav"\n        subprocess.run(["ffmpeg", "-i", x, out])\n', ['ffmpeg -i … /tmp/o.wav']],
    ['a format in capitals', 'import subprocess\nsubprocess.run(["ffmpeg", "-i", x, "-f", "WAV", "-"])\n', ['ffmpeg -i … -f WAV -']],
    ['prose alone', 'import subprocess\nprint("ffmpeg is not installed")\nraise RuntimeError("ffmpeg")\n', []],
  ])('%s', (_, text, expected) => {
    expect(commandsOf(text)).toEqual(expected);
  });

  it('follows names over files, and a runner to its callers', () => {
    const settings = '# settings.py\nFFMPEG = "/opt/bin/ffmpeg"\nCODEC = "aac"\n';
    const runner = '# tools/run.py\nimport subprocess\n\ndef run(arguments):\n    subprocess.run(arguments, check=True)\n';
    const app = '# app.py\nimport settings\nfrom tools.run import run\n\ndef handler(event, context):\n    run([settings.FFMPEG, "-i", event["path"], "-vn", "-c:a", settings.CODEC, "/tmp/o.m4a"])\n';
    expect(commandsOf(app, settings, runner)).toEqual(['ffmpeg -i … -vn -c:a aac /tmp/o.m4a']);
  });

  it.each<readonly [string, string, readonly string[]]>([
    ['a value of one branch alone', 'import subprocess\nout = target\nif short:\n    out = "/tmp/o.wav"\nsubprocess.run(["ffmpeg", "-i", "/tmp/a", out])\n', ['? 5 the format of `out` cannot be told: its ending is not known']],
    ['a value that a failing block may not have set', 'import subprocess\nout = target\ntry:\n    out = "/tmp/o.wav"\nexcept OSError:\n    subprocess.run(["ffmpeg", "-i", "/tmp/a", out])\n', ['? 6 the format of `out` cannot be told: its ending is not known']],
    ['arguments from elsewhere', 'import subprocess\nsubprocess.run(["ffmpeg", "-i", x] + event["options"] + ["o.wav"])\n', ['? 2 what `event["options"]` holds cannot be told']],
    ['a parameter nobody gives', 'import subprocess\ndef handler(options):\n    subprocess.run(["ffmpeg", "-i", "a", *options, "o.wav"])\n', ['? 3 what `options` holds cannot be told']],
    ['an output named elsewhere', 'import subprocess\nsubprocess.run(["ffmpeg", "-i", "a", event["out"]])\n', ['? 2 the format of `event["out"]` cannot be told: its ending is not known']],
    ['a stream by name', 'import subprocess\nsubprocess.run(["ffmpeg", "-i", camera.rtsp_url, "o.wav"])\n', ['? 2 camera.rtsp_url may be a stream to read from']],
    ['a stream by scheme', 'import subprocess\nsubprocess.run(["ffmpeg", "-i", f"rtsp://{host}/1", "o.wav"])\n', ['? 2 it reads from the network (rtsp:)']],
    ['another way to start it', 'import plumbum\nrunner(["ffmpeg", "-i", "a", "o.wav"])\n', ['? 2 ffmpeg is named, and what it is started with cannot be told']],
    ['a second, unseen one', 'import subprocess\nsubprocess.run(["ffmpeg", "-i", "a", "o.wav"])\npool.submit(["ffmpeg", "-i", "a", "o.ogg"])\n', ['? 3 ffmpeg is named, and what it is started with cannot be told']],
    ['yt-dlp', 'import yt_dlp\nyt_dlp.YoutubeDL({}).download([u])\n', ['? 1 yt_dlp chooses commands by what it downloads, streams over the network among them']],
    ['an unknown filter', 'import subprocess\nsubprocess.run(["ffmpeg", "-i", "a", "-vf", "zoom=2", "o.png"])\n', ['? 2 ffmpeg has no filter zoom']],
  ])('says why it cannot tell: %s', (_, text, expected) => {
    expect(commandsOf(text)).toEqual(expected);
  });

  it('knows pydub to start ffprobe too', () => {
    const need = needOf('from pydub import AudioSegment\nAudioSegment.from_file(p).export("/tmp/o.mp3", format="mp3", bitrate="64k")\n');
    expect(need.kind === 'profile' && [need.profile.programs, need.profile.externals, need.isLocal]).toEqual([['ffmpeg', 'ffprobe'], ['lame', 'zlib'], true]);
  });

  it('tells inputs that are files from those that may be addresses', () => {
    const isLocal = (text: string): unknown => {
      const need = needOf(text);
      return need.kind === 'profile' && need.isLocal;
    };
    expect(isLocal('import subprocess\nsubprocess.run(["ffmpeg", "-i", f"/tmp/{x}", "o.wav"])\n')).toBe(true);
    expect(isLocal('import subprocess\nsubprocess.run(["ffmpeg", "-i", x, "o.wav"])\n')).toBe(false);
  });

  it.each<readonly [string, string]>([
    ['a literal', 'import subprocess\nsubprocess.run(["ffmpeg", "-i", "https://media.example/a.mp3", "o.wav"])\n'],
    ['the start of one', 'import subprocess\nsubprocess.run(["ffmpeg", "-i", f"https://{bucket}.s3.amazonaws.com/{key}", "o.wav"])\n'],
    ['a presigned one', 'import boto3, subprocess\ns3 = boto3.client("s3")\nsubprocess.run(["ffmpeg", "-i", s3.generate_presigned_url("get_object", Params=p), "o.wav"])\n'],
    ['a presigned one by another name', 'import subprocess\nsource = s3.generate_presigned_url("get_object")\nsubprocess.run(["ffmpeg", "-i", source, "o.wav"])\n'],
    ['one that a function gives', 'import subprocess\ndef sign(key):\n    return s3.generate_presigned_url("get_object", Params={"Key": key})\ndef handler(event, context):\n    convert(sign(event["key"]))\ndef convert(source):\n    subprocess.run(["ffmpeg", "-i", source, "o.wav"])\n'],
    ['one in a line', 'import os\nlink = s3.generate_presigned_url(x)\ncmd = f"ffmpeg -i {link} -vn o.wav"\nos.system(cmd)\n'],
    ['a name that says so', 'import subprocess\nsubprocess.run(["ffmpeg", "-i", event["video_url"], "-vn", "o.wav"])\n'],
    ['of ffmpeg-python', 'import ffmpeg\nffmpeg.input("https://media.example/a.mp3").output("o.wav").run()\n'],
    ['for ffprobe', 'import subprocess\nsubprocess.run(["ffprobe", "-select_streams", "a", "https://media.example/a.mp3"])\n'],
    ['to write to', 'import subprocess\nsubprocess.run(["ffmpeg", "-i", "/tmp/a.mp3", "-method", "PUT", "-f", "wav", s3.generate_presigned_url("put_object")])\n'],
    ['in a playlist', 'import subprocess\nsubprocess.run(["ffmpeg", "-protocol_whitelist", "file,http,https,tcp,tls", "-i", "/tmp/list.txt", "-vn", "o.wav"])\n'],
  ])('takes the parts that read addresses: %s', (_, text) => {
    const need = needOf(text);
    expect(need.kind).toBe('profile');
    if (need.kind !== 'profile') return;
    const { network, externals, components } = need.profile;
    expect([network, need.isLocal, externals.includes('mbedtls')]).toEqual([true, false, true]);
    expect(components.filter(({ kind }) => kind === 'protocol').map(({ name }) => name)).toEqual(['crypto', 'data', 'file', 'http', 'httpproxy', 'https', 'pipe', 'tcp', 'tls']);
    expect(components.some(({ kind, name }) => kind === 'demuxer' && name === 'hls')).toBe(true);
  });
});
