import type { FfmpegExternal } from '../../ffmpeg/profile.ts';
import { externalSources } from '../../ffmpeg/sources.ts';
import type { Compiler } from '../../tools/find-compiler.ts';

/** One program to start for building a library, in its source folder. */
export interface BuildCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const flags = '-O2 -ffunction-sections -fdata-sections';

/**
 * For sed. mbedTLS 3.6.6 offers RSA-PSS, which OpenSSL's servers then sign by under TLS 1.2 as well (RFC 8446, 4.2.3), and refuses that though
 * it can verify it. What was not offered is still refused by the check behind this one.
 */
export const signatureChange = 's/if (!mbedtls_ssl_sig_alg_is_supported(ssl, sig_alg)) {/if (!mbedtls_ssl_sig_alg_is_supported(ssl, sig_alg) \\&\\& *pk_alg != MBEDTLS_PK_RSASSA_PSS) {/';

/** How a library is built and installed, static alone, below a prefix (absolute). */
export function libraryCommands(library: FfmpegExternal, compiler: Compiler, { prefix, jobs }: { readonly prefix: string; readonly jobs: number }): readonly BuildCommand[] {
  const { prefix: tools, architecture } = compiler;
  const triple = architecture === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const make = (...args: readonly string[]): BuildCommand => ({ program: 'make', args: [`-j${jobs}`, ...args] });
  const autotools = (...args: readonly string[]): BuildCommand => ({
    program: './configure', args: [`--prefix=${prefix}`, `--host=${triple}`, '--disable-shared', '--enable-static', '--disable-dependency-tracking', ...args],
    env: { CC: `${tools}gcc`, AR: `${tools}ar`, CFLAGS: flags },
  });
  switch (library) {
    case 'zlib':
      return [{ program: './configure', args: ['--static', `--prefix=${prefix}`], env: { CHOST: tools.replace(/-$/u, ''), CC: `${tools}gcc`, AR: `${tools}ar`, RANLIB: `${tools}ranlib`, CFLAGS: flags } }, make('libz.a'), make('install')];
    case 'lame':
      return [autotools('--disable-frontend', '--disable-decoder', '--disable-gtktest'), make('-C', 'libmp3lame', 'install'), make('-C', 'include', 'install')];
    case 'opus':
      return [autotools('--disable-doc', '--disable-extra-programs'), make('install')];
    case 'x264':
      return [
        { program: './configure', args: [`--prefix=${prefix}`, `--host=${triple}`, ...(tools === '' ? [] : [`--cross-prefix=${tools}`]), '--enable-static', '--disable-cli', '--disable-opencl', '--disable-avs', '--disable-lsmash', '--disable-ffms', '--disable-gpac', '--disable-swscale', '--disable-lavf', `--extra-cflags=-ffunction-sections -fdata-sections`] },
        make('install'),
      ];
    case 'ogg':
      return [autotools(), make('-C', 'src', 'install'), make('-C', 'include', 'install'), make('install-pkgconfigDATA')];
    case 'theora':
      return [autotools(`--with-ogg=${prefix}`, '--disable-spec', '--disable-examples', '--disable-oggtest', '--disable-vorbistest', '--disable-sdltest'), make('-C', 'lib', 'install'), make('-C', 'include', 'install'), make('install-pkgconfigDATA')];
    case 'vorbis':
      return [autotools(`--with-ogg=${prefix}`, '--disable-docs', '--disable-examples', '--disable-oggtest'), make('-C', 'lib', 'install'), make('-C', 'include', 'install'), make('install-pkgconfigDATA')];
    case 'vpx':
      return [
        {
          program: './configure',
          args: [`--prefix=${prefix}`, `--target=${architecture === 'arm64' ? 'arm64' : 'x86_64'}-linux-gcc`, '--enable-static', '--disable-shared', '--disable-examples', '--disable-tools', '--disable-docs', '--disable-unit-tests', '--disable-decode-perf-tests', '--disable-encode-perf-tests', '--disable-webm-io', '--disable-libyuv', '--disable-vp8-decoder', '--disable-vp9-decoder', '--enable-vp9-highbitdepth', '--disable-dependency-tracking', '--extra-cflags=-ffunction-sections -fdata-sections'],
          env: { CROSS: tools },
        },
        make('install'),
      ];
    case 'webp':
      return webpCommands({ make, prefix, tools, isX86: architecture === 'x86_64' });
    case 'mbedtls':
      return [
        { program: 'sed', args: ['-i', signatureChange, 'library/ssl_tls12_client.c'] },
        // The archive has what scripts would generate.
        make('-C', 'library', 'static', 'GEN_FILES=', `CC=${tools}gcc`, `AR=${tools}ar`, `CFLAGS=${flags}`, 'WARNING_CFLAGS='),
        { program: 'mkdir', args: ['-p', `${prefix}/lib`, `${prefix}/include`] },
        { program: 'cp', args: ['library/libmbedtls.a', 'library/libmbedx509.a', 'library/libmbedcrypto.a', `${prefix}/lib`] },
        { program: 'cp', args: ['-r', 'include/mbedtls', 'include/psa', `${prefix}/include`] },
      ];
    case 'openh264':
      return [make(`PREFIX=${prefix}`, `ARCH=${architecture === 'arm64' ? 'aarch64' : 'x86_64'}`, 'OS=linux', `CC=${tools}gcc`, `CXX=${tools}g++`, `AR=${tools}ar`, 'BUILDTYPE=Release', 'install-static')];
  }
}

interface Webp {
  readonly make: (...args: readonly string[]) => BuildCommand;
  readonly prefix: string;
  readonly tools: string;
  readonly isX86: boolean;
}

/** Debian's archive has no configure script. */
function webpCommands({ make, prefix, tools, isX86 }: Webp): readonly BuildCommand[] {
  const values = { prefix, exec_prefix: prefix, libdir: `${prefix}/lib`, includedir: `${prefix}/include`, PACKAGE_VERSION: externalSources.webp.version, webp_libname_prefix: '', PTHREAD_CFLAGS: '', PTHREAD_LIBS: '-lpthread' };
  const descriptions = ['src/libwebp.pc', 'src/mux/libwebpmux.pc', 'sharpyuv/libsharpyuv.pc'];
  return [
    make('-f', 'makefile.unix', `CC=${tools}gcc`, `AR=${tools}ar`, 'CPPFLAGS=-I. -Isrc/ -ffunction-sections -fdata-sections', ...(isX86 ? ['HAVE_SSE41=1'] : []), 'src/libwebp.a', 'src/mux/libwebpmux.a', 'sharpyuv/libsharpyuv.a'),
    { program: 'mkdir', args: ['-p', `${prefix}/lib/pkgconfig`, `${prefix}/include`] },
    { program: 'cp', args: ['src/libwebp.a', 'src/mux/libwebpmux.a', 'sharpyuv/libsharpyuv.a', `${prefix}/lib`] },
    { program: 'cp', args: ['-r', 'src/webp', `${prefix}/include`] },
    { program: 'sed', args: ['-i', ...Object.entries(values).flatMap(([name, value]) => ['-e', `s|@${name}@|${value}|g`]), ...descriptions.map((path) => `${path}.in`)] },
    ...descriptions.map((path): BuildCommand => ({ program: 'cp', args: [`${path}.in`, `${prefix}/lib/pkgconfig/${path.split('/').at(-1) ?? ''}`] })),
  ];
}
