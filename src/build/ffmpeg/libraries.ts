import type { FfmpegExternal } from '../../ffmpeg/profile.ts';
import type { Compiler } from '../../tools/find-compiler.ts';

/** One program to start for building a library, in its source folder. */
export interface BuildCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const flags = '-O2 -ffunction-sections -fdata-sections';

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
    case 'openh264':
      return [make(`PREFIX=${prefix}`, `ARCH=${architecture === 'arm64' ? 'aarch64' : 'x86_64'}`, 'OS=linux', `CC=${tools}gcc`, `CXX=${tools}g++`, `AR=${tools}ar`, 'BUILDTYPE=Release', 'install-static')];
  }
}
