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
  ogg: {
    name: 'ogg', version: '1.3.5', fileName: 'libogg_1.3.5.orig.tar.xz', size: 429_076,
    sha256: 'c4d91be36fc8e54deae7575241e03f4211eb102afb3fc0775fbbc1b740016705', debian: debian('libogg'), address: null, licence: 'BSD', licenceFile: 'COPYING',
  },
  theora: {
    name: 'theora', version: '1.2.0~alpha1', fileName: 'libtheora_1.2.0~alpha1+dfsg.orig.tar.xz', size: 1_390_776,
    sha256: '590e2b7803ff6b773e50d054113967082719eaab9355b183f18f8b3642933606', debian: debian('libtheora'), address: null, licence: 'BSD', licenceFile: 'COPYING',
  },
  vorbis: {
    name: 'vorbis', version: '1.3.7', fileName: 'libvorbis_1.3.7.orig.tar.gz', size: 1_658_963,
    sha256: '0e982409a9c3fc82ee06e08205b1355e5c6aa4c36bca58146ef399621b0ce5ab', debian: debian('libvorbis'), address: null, licence: 'BSD', licenceFile: 'COPYING',
  },
  vpx: {
    name: 'vpx', version: '1.15.0', fileName: 'libvpx_1.15.0.orig.tar.xz', size: 4_394_516,
    sha256: 'a6cfd199c5c567cfa4e6d991ec36690d9af801585b5db959c1494b5b15f821a5', debian: debian('libvpx'), address: null, licence: 'BSD', licenceFile: 'LICENSE',
  },
  webp: {
    name: 'webp', version: '1.5.0', fileName: 'libwebp_1.5.0.orig.tar.gz', size: 4_267_494,
    sha256: '7d6fab70cf844bf6769077bd5d7a74893f8ffd4dfb42861745750c63c2a5c92c', debian: debian('libwebp'), address: null, licence: 'BSD', licenceFile: 'COPYING',
  },
  mbedtls: {
    name: 'mbedtls', version: '3.6.6', fileName: 'mbedtls_3.6.6.orig.tar.bz2', size: 5_508_045,
    sha256: '8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a', debian: debian('mbedtls'), address: null, licence: 'Apache License, version 2.0', licenceFile: 'LICENSE',
  },
};
