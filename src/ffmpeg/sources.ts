import type { FfmpegExternal } from './profile.ts';

/** A source archive by content, and how it may be found. */
export interface PinnedSource {
  readonly name: string;
  readonly version: string;
  /** As Debian's archive calls it; the name under which a user may keep it counts for nothing, the bytes do. */
  readonly fileName: string;
  /** 64 hex digits. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** Debian's source package, and the release that has this version. */
  readonly debian: { readonly package: string; readonly suite: string };
  /** Where its authors publish the same bytes; null when they do not. */
  readonly address: string | null;
}

const debian = (name: string): PinnedSource['debian'] => ({ package: name, suite: 'trixie' });

/**
 * ffmpeg itself: Debian 13's copy is upstream's release archive to the byte (upstream's signature beside it, by the FFmpeg
 * release signing key FCF986EA15E6E293A5644F10B4322F04D67658D8, is good for it).
 */
export const ffmpegSource: PinnedSource = {
  name: 'ffmpeg', version: '7.1.5', fileName: 'ffmpeg_7.1.5.orig.tar.xz', size: 11_050_340,
  sha256: 'de668509caf9e35e3cd162473441fdb29538c6d96ed080292b3cf9e6fc5d558f',
  debian: debian('ffmpeg'), address: 'https://ffmpeg.org/releases/ffmpeg-7.1.5.tar.xz',
};

/** Libraries, at the versions that Debian 13 has; Debian takes patented or unfree parts out of some (`dfsg`), so their authors' archives differ. */
export const externalSources: Readonly<Record<FfmpegExternal, PinnedSource & { readonly licence: string; readonly licenceFile: string }>> = {
  zlib: {
    name: 'zlib', version: '1.3.1', fileName: 'zlib_1.3.dfsg+really1.3.1.orig.tar.gz', size: 1_325_737,
    sha256: '60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb', debian: debian('zlib'), address: null, licence: 'zlib', licenceFile: 'LICENSE',
  },
  lame: {
    name: 'lame', version: '3.100', fileName: 'lame_3.100.orig.tar.gz', size: 1_524_133,
    sha256: 'ddfe36cab873794038ae2c1210557ad34857a4b6bdc515785d1da9e175b1da1e', debian: debian('lame'), address: null, licence: 'LGPL, version 2', licenceFile: 'COPYING',
  },
  opus: {
    name: 'opus', version: '1.5.2', fileName: 'opus_1.5.2.orig.tar.gz', size: 7_839_412,
    sha256: '65c1d2f78b9f2fb20082c38cbe47c951ad5839345876e46941612ee87f9a7ce1', debian: debian('opus'), address: null, licence: 'BSD', licenceFile: 'COPYING',
  },
  x264: {
    name: 'x264', version: '0.164.3108', fileName: 'x264_0.164.3108+git31e19f9.orig.tar.gz', size: 954_789,
    sha256: '41606cb8e788a7f8c4514290646d4ba5c7bc68d9e1ccd1a73f446a90546913eb', debian: debian('x264'), address: null, licence: 'GPL, version 2', licenceFile: 'COPYING',
  },
  openh264: {
    name: 'openh264', version: '2.6.0', fileName: 'openh264_2.6.0+dfsg.orig.tar.xz', size: 905_728,
    sha256: '52fc65775e03abe70f3f453c3c57fa7b31c71fe240de84da53d75f2ddc7dd519', debian: debian('openh264'), address: null, licence: 'BSD', licenceFile: 'LICENSE',
  },
};
