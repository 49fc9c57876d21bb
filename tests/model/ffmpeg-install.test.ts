import { describe, expect, it } from 'vitest';
import { findFfmpeg, type FfmpegInstall } from '../../src/model/ffmpeg-install.ts';
import { resolveModel } from '../../src/model/resolve.ts';
import { project } from '../project/temporary-project.ts';

const image = 'Resources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties: {PackageType: Image}\n    Metadata: {Dockerfile: Dockerfile, DockerContext: .}\n';

async function find(files: Readonly<Record<string, string | Uint8Array>>): Promise<readonly FfmpegInstall[]> {
  const opened = await project({ 'template.yaml': image, ...files });
  const [fn] = resolveModel(opened).functions;
  if (!fn) throw new Error('no function');
  return findFfmpeg(fn, opened);
}

/** What an install is, in a line: way, origin, paths, and the source lines of its parts (`!` where a part does nothing else). */
function shown(install: FfmpegInstall): string {
  const parts = install.instructions.map((part) => `${part.instruction.keyword}×${part.commands.length}${part.isWhole ? '!' : ''}`);
  return `${install.way} ${install.origin} → ${install.paths.join(' ')} [${parts.join(' ')}]${install.isPinned ? ' pinned' : ''}`;
}

const static_ = 'https://example.com/releases/ffmpeg-release-amd64-static.tar.xz';

describe('findFfmpeg', () => {
  it.each([
    ['apt', 'RUN apt-get update && apt-get install -y ffmpeg && rm -rf /var/lib/apt/lists/*', 'os-package ffmpeg → /usr/bin/ffmpeg /usr/bin/ffprobe [RUN×1!]'],
    ['apt with more', 'RUN apt-get install -y git && apt-get install -y ffmpeg', 'os-package ffmpeg → /usr/bin/ffmpeg /usr/bin/ffprobe [RUN×1]'],
    [
      'a static tarball in one RUN',
      `RUN cd /tmp && curl -O ${static_} && tar xf ffmpeg-release-amd64-static.tar.xz && mv ffmpeg-*-static/ffmpeg /usr/local/bin/ && chmod +x /usr/local/bin/ffmpeg && rm -rf /tmp/ffmpeg*`,
      `download ${static_} → /usr/local/bin/ffmpeg [RUN×5!]`,
    ],
    [
      'a static tarball over several instructions',
      `RUN curl -L ${static_} -o /tmp/f.tar.xz\nRUN mkdir /opt/ff && tar -xJf /tmp/f.tar.xz -C /opt/ff --strip-components=1\nRUN rm /tmp/f.tar.xz && ln -s /opt/ff/ffmpeg /usr/bin/ffmpeg\nRUN pip install six`,
      `download ${static_} → /opt/ff/ffmpeg /opt/ff/ffprobe /usr/bin/ffmpeg [RUN×1! RUN×1 RUN×2!]`,
    ],
    ['a tarball through a pipe', `RUN curl -L ${static_} | tar -xJ --strip-components=1 -C /usr/local/bin --wildcards '*/ffmpeg' '*/ffprobe'`, `download ${static_} → /usr/local/bin/ffmpeg /usr/local/bin/ffprobe [RUN×2!]`],
    ['ADD of an address', 'ADD https://example.com/ffmpeg-6.0.1 /usr/bin/ffmpeg\nRUN chmod 755 /usr/bin/ffmpeg', 'download https://example.com/ffmpeg-6.0.1 → /usr/bin/ffmpeg [ADD×1! RUN×1!] pinned'],
    ['a committed binary', 'COPY bin/ffmpeg /opt/bin/\nRUN chmod +x /opt/bin/ffmpeg', 'committed-binary bin/ffmpeg → /opt/bin/ffmpeg [COPY×1! RUN×1!] pinned'],
    ['another image', 'COPY --from=mwader/static-ffmpeg:6.0 /ffmpeg /ffprobe /usr/local/bin/', 'other-image mwader/static-ffmpeg:6.0 → /usr/local/bin/ffmpeg /usr/local/bin/ffprobe [COPY×1!]'],
    ['an inline package', 'RUN pip install imageio-ffmpeg==0.6.0 numpy', 'python-package imageio-ffmpeg==0.6.0 →  [RUN×1!] pinned'],
  ])('knows %s', async (_name, lines, expected) => {
    const found = await find({ Dockerfile: `FROM public.ecr.aws/lambda/python:3.12\n${lines}\n` });
    expect(found.map(shown)).toEqual([expected]);
  });

  it('follows a stage that only fetches it', async () => {
    const found = await find({
      Dockerfile: `FROM debian AS fetch\nRUN apt-get update && apt-get install -y wget xz-utils\nRUN wget -q ${static_} && tar xf ffmpeg-release-amd64-static.tar.xz && mv ffmpeg-*-static/ffmpeg /usr/local/bin/ffmpeg\nFROM public.ecr.aws/lambda/python:3.12\nCOPY --from=fetch /usr/local/bin/ffmpeg /opt/bin/ffmpeg\n`,
    });
    expect(found.map(shown)).toEqual([`download ${static_} → /opt/bin/ffmpeg [RUN×3! COPY×1!]`]);
    expect(found[0]?.preparations.map((part) => part.instruction.argument)).toEqual(['apt-get update && apt-get install -y wget xz-utils']);
    expect(found[0]?.programs).toEqual(['ffmpeg']);
    expect(found[0]?.place).toEqual({ file: 'Dockerfile', line: 3, column: 5 });
  });

  it.each([
    [
      'with a folder called ffmpeg',
      `FROM alpine AS f\nRUN cd /usr/local/bin && mkdir ffmpeg && cd ffmpeg/ && wget ${static_} && tar xvf *.tar.xz && rm -f *.tar.xz && mv ffmpeg-*-static/ffmpeg .\nFROM public.ecr.aws/lambda/go:1\nCOPY --from=f /usr/local/bin/ffmpeg/ffmpeg /usr/local/bin/ffmpeg/ffmpeg\nRUN ln -s /usr/local/bin/ffmpeg/ffmpeg /usr/bin/ffmpeg`,
      `download ${static_} → /usr/local/bin/ffmpeg/ffmpeg /usr/bin/ffmpeg [RUN×6! COPY×1! RUN×1!]`,
    ],
    [
      'with cd into a pattern',
      `FROM public.ecr.aws/lambda/python:3.12\nRUN wget ${static_} && tar xJf ffmpeg-release-amd64-static.tar.xz && cd ffmpeg-*-static && cp ffmpeg ffprobe /usr/local/bin/`,
      `download ${static_} → /usr/local/bin/ffmpeg /usr/local/bin/ffprobe [RUN×4!]`,
    ],
    [
      'with a checksum file',
      `FROM public.ecr.aws/lambda/python:3.12\nRUN curl ${static_} > ffmpeg.tar.xz\nRUN curl ${static_}.md5 > ffmpeg.md5\nRUN md5sum -c ffmpeg.md5\nRUN tar xf ffmpeg.tar.xz\nRUN mv ffmpeg*/ffmpeg /usr/local/bin/`,
      `download ${static_} → /usr/local/bin/ffmpeg [RUN×1! RUN×1! RUN×1! RUN×1! RUN×1!]`,
    ],
    [
      'through $PWD',
      `FROM public.ecr.aws/lambda/python:3.12\nRUN curl -o f.tar.xz ${static_} && tar -xf f.tar.xz && ln -s $PWD/ffmpeg-*-static/ffmpeg /usr/local/bin/ffmpeg`,
      `download ${static_} → /usr/local/bin/ffmpeg [RUN×3!]`,
    ],
    [
      'from a stage without WORKDIR',
      `FROM nixery.dev/wget AS f\nRUN wget ${static_}\nRUN tar xf ffmpeg-release-amd64-static.tar.xz\nRUN mkdir -p ffmpeg/bin\nRUN cp ffmpeg-*-static/ffmpeg ffmpeg/bin\nFROM public.ecr.aws/lambda/python:3.12\nCOPY --from=f ffmpeg/bin /bin`,
      `download ${static_} → /bin/ffmpeg [RUN×1! RUN×1! RUN×1! RUN×1! COPY×1!]`,
    ],
  ])('follows the programs %s', async (_name, lines, expected) => {
    expect((await find({ Dockerfile: `${lines}\n` })).map(shown)).toEqual([expected]);
  });

  it('knows a stage that renames an ffmpeg image', async () => {
    const found = await find({ Dockerfile: 'FROM jrottenberg/ffmpeg:4.1-alpine AS ff\nFROM public.ecr.aws/lambda/python:3.12\nCOPY --from=ff / /\n' });
    expect(found.map((install) => [install.way, install.origin])).toEqual([['other-image', 'jrottenberg/ffmpeg:4.1-alpine']]);
  });

  it('sees a checksum as pinning', async () => {
    const found = await find({ Dockerfile: `FROM debian\nRUN curl -O ${static_} && echo "abc  ffmpeg-release-amd64-static.tar.xz" | sha256sum -c && tar xf ffmpeg-release-amd64-static.tar.xz\n` });
    expect(found[0]?.isPinned).toBe(true);
  });

  it('fills in build arguments', async () => {
    const found = await find({ Dockerfile: 'FROM debian\nARG V=7.0.2\nRUN curl -LO https://example.com/ffmpeg-${V}-amd64-static.tar.xz\n' });
    expect(found[0]?.origin).toBe('https://example.com/ffmpeg-7.0.2-amd64-static.tar.xz');
    expect(found[0]?.isPinned).toBe(true);
  });

  it('says nothing of a Dockerfile without it', async () => {
    expect(await find({ Dockerfile: 'FROM public.ecr.aws/lambda/python:3.12\nCOPY requirements.txt .\nRUN pip install -r requirements.txt ffmpeg-python\nCOPY ffmpeg_args.py ./\n' })).toEqual([]);
  });

  it('knows binaries, packages and layers of zip functions', async () => {
    const zip = 'Resources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties:\n      Runtime: python3.12\n      Handler: app.handler\n      CodeUri: src\n      Layers: ["arn:aws:lambda:us-east-1:123456789012:layer:ffmpeg:1", !Ref FfmpegLayer]\n  FfmpegLayer:\n    Type: AWS::Serverless::LayerVersion\n    Properties: {ContentUri: layer}\n';
    const found = await find({ 'template.yaml': zip, 'src/bin/ffmpeg': new Uint8Array(600_000), 'src/ffprobe': 'wrapper', 'src/requirements.txt': 'imageio-ffmpeg==0.6.0\nsix\n', 'layer/x': '' });
    expect(found.map(shown)).toEqual([
      'committed-binary src/bin/ffmpeg → bin/ffmpeg [] pinned',
      'python-package imageio-ffmpeg==0.6.0 →  [] pinned',
      'lambda-layer arn:aws:lambda:us-east-1:123456789012:layer:ffmpeg:1 →  [] pinned',
      'lambda-layer FfmpegLayer →  []',
    ]);
  });
});
