import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planFix, type FixPlan } from '../../src/fix/plan.ts';
import { undoFix, writeFix } from '../../src/fix/write.ts';
import type { CompiledRequirements, Knowledge, PackageFacts } from '../../src/rules/knowledge.ts';
import { rules } from '../../src/rules/index.ts';
import { Always } from '../support/always.ts';
import { testHost } from '../support/host.ts';

const digest = `sha256:${'a1'.repeat(32)}`;
const compiled: CompiledRequirements = {
  text: `boto3==1.44.5 \\\n    --hash=sha256:${'b'.repeat(64)}\nrequests==2.34.2 \\\n    --hash=sha256:${'c'.repeat(64)}\n`,
  versions: new Map([['boto3', '1.44.5'], ['requests', '2.34.2']]),
  isWheelsOnly: true,
};
const facts = (...modules: readonly string[]): PackageFacts => ({ modules, isPlugin: false, requires: [], extras: [] });
const packages = new Map([['boto3', facts('boto3')], ['requests', facts('requests')], ['openai', facts('openai')]]);

const knowledge: Knowledge = { bases: new Always({ digest, versionTag: undefined }), compiled: new Always(compiled), unresolvable: new Map(), unused: new Map(), packages, missing: new Map() };

const template = `Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Metadata:
      Dockerfile: Dockerfile
      DockerContext: .
    Properties:
      PackageType: Image
      MemorySize: 512
      Timeout: 60
`;
const app = 'import subprocess\nimport boto3\nimport requests\n\n\ndef handler(event, context):\n    subprocess.run(["ffmpeg", "-i", "/tmp/in", "/tmp/out.wav"], check=True)\n';
const ffmpegStage = `FROM public.ecr.aws/docker/library/debian:trixie-slim@DIGEST AS ffmpeg
# ffmpeg 7.1.5 with the parts that the code needs, under the LGPL, version 2.1
# Without the line --disable-everything it has every part of its own: 11 MB compressed.
RUN apt-get update \\
    && apt-get install -y --no-install-recommends ca-certificates curl g++ gcc libc6-dev make nasm pkg-config xz-utils \\
    && cd /tmp && curl -fsSL https://ffmpeg.org/releases/ffmpeg-7.1.5.tar.xz -o ffmpeg.tar.xz \\
    && echo 'de668509caf9e35e3cd162473441fdb29538c6d96ed080292b3cf9e6fc5d558f  ffmpeg.tar.xz' | sha256sum -c - \\
    && mkdir ffmpeg && tar -xf ffmpeg.tar.xz -C ffmpeg --strip-components=1 && cd ffmpeg \\
    && ./configure --prefix=/usr/local \\
      --disable-everything \\
      --disable-autodetect \\
      --disable-network \\
      --disable-doc \\
      --disable-debug \\
      --disable-ffplay \\
      --disable-ffprobe \\
      --disable-avdevice \\
      --disable-shared \\
      --enable-static \\
      --enable-protocol=file,pipe \\
      --enable-demuxer=aac,ac3,aiff,amr,asf,au,avi,caf,flac,flv,matroska,mov,mp3,mpegps,mpegts,ogg,w64,wav \\
      --enable-muxer=wav \\
      --enable-parser=aac,aac_latm,ac3,amr,flac,mpegaudio,opus,vorbis \\
      --enable-decoder=aac,ac3,adpcm_ima_wav,adpcm_ms,alac,amrnb,amrwb,eac3,flac,mp2,mp3,mp3float,opus,pcm_alaw,pcm_f32le,pcm_mulaw,pcm_s16be,pcm_s16le,pcm_s24be,pcm_s24le,pcm_s32le,pcm_u8,vorbis,wmav1,wmav2 \\
      --enable-encoder=pcm_s16le \\
      --enable-filter=aformat,anull,aresample \\
      --extra-cflags='-ffunction-sections -fdata-sections' \\
      --extra-ldflags='-static -Wl,--gc-sections -Wl,--build-id=none' \\
    && make -j"$(nproc)" && make install-progs \\
    && mkdir -p /usr/local/share/ffmpeg && cp COPYING.LGPLv2.1 LICENSE.md /usr/local/share/ffmpeg/
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shear-fix-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const host = () => testHost({ cwd: folder, cacheFolder: join(folder, '.cache'), env: { HOME: folder, PATH: process.env['PATH'] } });

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function project(dockerfile: string): void {
  write({ 'template.yaml': template, 'app.py': app, 'requirements.txt': 'requests  # for the web\nboto3\nopenai\n', Dockerfile: dockerfile });
}

async function plan(): Promise<FixPlan> {
  return await planFix(host(), folder, { rules, gather: async () => knowledge });
}

const after = (made: FixPlan, path: string): string | undefined => made.changes.find((change) => change.path === path)?.after;

const styles: readonly { readonly name: string; readonly base: string; readonly before: string; readonly fixed: string }[] = [
  {
    name: 'the official Python image, everything copied first, compilers and ffmpeg by apt-get',
    base: 'public.ecr.aws/docker/library/python:3.12',
    before: 'FROM BASE\n\nENV LAMBDA_TASK_ROOT=/var/task\nWORKDIR ${LAMBDA_TASK_ROOT}\n\nCOPY . .\n\nRUN apt-get update && apt-get install -y build-essential ffmpeg\nRUN pip install --upgrade pip\nRUN pip install -r requirements.txt\n\nCMD ["app.handler"]\n',
    fixed: `${ffmpegStage}
FROM BASE AS dependencies
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt --prefix /dependencies

FROM BASE

ENV LAMBDA_TASK_ROOT=/var/task
WORKDIR \${LAMBDA_TASK_ROOT}

COPY --from=ffmpeg /usr/local/bin/ffmpeg /usr/local/bin/ffmpeg
COPY --from=ffmpeg /usr/local/share/ffmpeg /usr/local/share/ffmpeg

COPY --from=dependencies /dependencies /usr/local
COPY . .

CMD ["app.handler"]
`,
  },
  {
    name: "AWS's image, pip into the task root, ffmpeg by apt-get",
    base: 'public.ecr.aws/lambda/python:3.12',
    before: 'FROM BASE\n\n# everything\nCOPY . ${LAMBDA_TASK_ROOT}\n\nRUN apt-get update && apt-get install -y ffmpeg && rm -rf /var/lib/apt/lists/*\nRUN pip install -r requirements.txt --target "${LAMBDA_TASK_ROOT}"\n\nCMD [ "app.handler" ]\n',
    fixed: `${ffmpegStage}
FROM BASE

# everything
COPY --from=ffmpeg /usr/local/bin/ffmpeg /usr/local/bin/ffmpeg
COPY --from=ffmpeg /usr/local/share/ffmpeg /usr/local/share/ffmpeg

COPY requirements.txt \${LAMBDA_TASK_ROOT}/
RUN pip install --no-cache-dir --require-hashes -r requirements.txt --target "\${LAMBDA_TASK_ROOT}"
COPY . \${LAMBDA_TASK_ROOT}

CMD [ "app.handler" ]
`,
  },
  {
    name: "AWS's image, a static ffmpeg by wget",
    base: 'public.ecr.aws/lambda/python:3.12',
    before: 'FROM BASE\nRUN dnf install -y tar xz wget\nRUN wget https://johnvansickle.com/ffmpeg/releases/ffmpeg-release-amd64-static.tar.xz && \\\n    tar xf ffmpeg-release-amd64-static.tar.xz && \\\n    mv ffmpeg-*-amd64-static/ffmpeg /usr/local/bin/ && \\\n    rm -rf ffmpeg-*\nCOPY app.py requirements.txt ./\nRUN python3.12 -m pip install -r requirements.txt -t .\nCMD ["app.handler"]\n',
    fixed: `${ffmpegStage}
FROM BASE AS dependencies
COPY requirements.txt ./
RUN python3.12 -m pip install --no-cache-dir --require-hashes -r requirements.txt --target /dependencies

FROM BASE
COPY --from=ffmpeg /usr/local/bin/ffmpeg /usr/local/bin/ffmpeg
COPY --from=ffmpeg /usr/local/share/ffmpeg /usr/local/share/ffmpeg
COPY --from=dependencies /dependencies .
COPY app.py ./
CMD ["app.handler"]
`,
  },
];

describe.each(styles)('fixing $name', ({ base, before, fixed }) => {
  it('gives a Dockerfile of ordinary, pinned instructions', async () => {
    project(before.replaceAll('BASE', base));
    const made = await plan();
    expect(made.defects).toEqual([]);
    expect(after(made, 'Dockerfile')).toBe(fixed.replaceAll('BASE', `${base}@${digest}`).replaceAll('DIGEST', digest));
  });

  it('keeps the manifest as the source and compiles it, without what nothing imports', async () => {
    project(before.replaceAll('BASE', base));
    const made = await plan();
    expect(after(made, 'requirements.in')).toBe('requests  # for the web\nboto3\n');
    expect(after(made, 'requirements.txt')).toBe(compiled.text);
  });

  it('has nothing more to do the second time, and gives the exact bytes back', async () => {
    project(before.replaceAll('BASE', base));
    const original = new Map(['Dockerfile', 'requirements.txt', 'template.yaml', 'app.py'].map((path) => [path, readFileSync(join(folder, path))]));
    await writeFix(host(), folder, (await plan()).changes);
    expect((await plan()).changes).toEqual([]);
    await undoFix(host(), folder);
    for (const [path, bytes] of original) expect(readFileSync(join(folder, path)).equals(bytes), path).toBe(true);
    expect(['requirements.in', '.dockerignore', 'samconfig.toml'].filter((path) => existsSync(join(folder, path)))).toEqual([]);
  });
});

describe('fix', () => {
  it('keeps CRLF line ends', async () => {
    project(styles[1]!.before.replaceAll('BASE', styles[1]!.base).replaceAll('\n', '\r\n'));
    const text = after(await plan(), 'Dockerfile') ?? '';
    expect(text.replaceAll('\r\n', '')).not.toContain('\n');
  });

  it('leaves ffmpeg alone where the code calls ffprobe, which the small build lacks', async () => {
    project(styles[1]!.before.replaceAll('BASE', styles[1]!.base));
    write({ 'app.py': app.replace('"ffmpeg"', '"ffprobe"') });
    const made = await plan();
    expect(after(made, 'Dockerfile') ?? '').not.toContain('imageio');
    expect(made.remaining.find((one) => one.rule === 'ffmpeg/oversized-ffmpeg')?.fix?.safety ?? 'manual').toBe('manual');
  });

  it('does not remove what is imported by a name that only runs tell, or named where a process starts', async () => {
    project(styles[1]!.before.replaceAll('BASE', styles[1]!.base));
    write({ 'app.py': `${app}import importlib\nimportlib.import_module(__import__("os").environ["PLUGIN"])\n` });
    expect(after(await plan(), 'requirements.in')).toContain('openai');
  });

  it('refuses files with changes that git has not committed, unless told otherwise', async () => {
    project(styles[1]!.before.replaceAll('BASE', styles[1]!.base));
    const git = (...args: readonly string[]): void => void spawnSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: folder });
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'all');
    writeFileSync(join(folder, 'Dockerfile'), `${readFileSync(join(folder, 'Dockerfile'), 'utf8')}# mine\n`);
    const { changes } = await plan();
    await expect(writeFix(host(), folder, changes)).rejects.toMatchObject({ fault: { code: 'edits/dirty-tree' } });
    await writeFix(host(), folder, changes, { allowDirty: true });
    expect(readFileSync(join(folder, 'Dockerfile'), 'utf8')).toContain('# mine');
  });

  it('changes nothing without knowledge that it needs, and says what is missing', async () => {
    project(styles[1]!.before.replaceAll('BASE', styles[1]!.base));
    const made = await planFix(host(), folder, { rules });
    expect(after(made, 'requirements.txt')).toBeUndefined();
    expect(made.remaining.find((one) => one.rule === 'dockerfile/unpinned-base-image')?.advice).toContain('its digest is not known');
  });
});
