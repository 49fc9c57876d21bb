import type { DockerfileStage } from '../syntax/dockerfile.ts';

/** The static ffmpeg that `fix` installs: a Python package whose wheels hold one program. */
export const ffmpegPin = {
  package: 'imageio-ffmpeg',
  version: '0.6.0',
  /** Of the program inside. */
  ffmpegVersion: '7.0.2',
  /** sha256 of the wheels, as the package index gives them. */
  wheels: {
    x86_64: { fileName: 'imageio_ffmpeg-0.6.0-py3-none-manylinux2014_x86_64.whl', size: 29_498_237, sha256: 'c7e46fcec401dd990405049d2e2f475e2b397779df2519b544b8aab515195282' },
    arm64: { fileName: 'imageio_ffmpeg-0.6.0-py3-none-manylinux2014_aarch64.whl', size: 25_632_706, sha256: '1d47bebd83d2c5fc770720d211855f208af8a596c82d17730aa51e815cdee6dc' },
  },
  /** Path of the program in the wheel starts so; version and architecture follow. */
  memberPrefix: 'imageio_ffmpeg/binaries/ffmpeg-linux-',
  /** Where the stage leaves the program, mode 0755. */
  path: '/usr/local/bin/ffmpeg',
} as const;

const commands: readonly (readonly string[])[] = [
  [
    `printf '%s ' ${ffmpegPin.package}==${ffmpegPin.version}`,
    `    --hash=sha256:${ffmpegPin.wheels.arm64.sha256}`,
    `    --hash=sha256:${ffmpegPin.wheels.x86_64.sha256} > /tmp/ffmpeg.txt`,
  ],
  ['&& pip install --no-cache-dir --no-deps --only-binary=:all: --require-hashes --target /tmp/ffmpeg -r /tmp/ffmpeg.txt'],
  ['&& cp /tmp/ffmpeg/imageio_ffmpeg/binaries/ffmpeg-linux-* /usr/local/bin/ffmpeg'],
  ['&& chmod 755 /usr/local/bin/ffmpeg'],
];

/**
 * The lines of a stage that leaves a pinned static ffmpeg at /usr/local/bin/ffmpeg: ordinary instructions, so that the
 * Dockerfile builds with any Docker. `base` is an image with pip; flags such as `--platform=…` may stand before it.
 */
export function shearFfmpegStage(base: string, name: string): readonly string[] {
  const run = commands.flat().map((line, index, all) => `${index === 0 ? 'RUN ' : '    '}${line}${index === all.length - 1 ? '' : ' \\'}`);
  return [`FROM ${base} AS ${name}`, `# ffmpeg ${ffmpegPin.ffmpegVersion}, a static build under the GPL, version 3`, ...run];
}

/** True for a stage that `shearFfmpegStage` made, whatever its base, name and line breaks: its outcome is the wheel's program at `ffmpegPin.path`. */
export function isShearFfmpegStage(stage: DockerfileStage): boolean {
  const [run, ...others] = stage.instructions;
  if (!run || others.length > 0 || run.keyword !== 'RUN' || run.form !== 'shell' || run.flags.length > 0 || run.heredocs.length > 0) return false;
  return words(run.argument) === words(commands.flat().join(' '));
}

function words(text: string): string {
  return text.trim().replace(/[ \t]+/gu, ' ');
}
