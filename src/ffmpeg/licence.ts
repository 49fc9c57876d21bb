import type { FfmpegExternal, FfmpegProfile } from './profile.ts';

type Licensed = Pick<FfmpegProfile, 'licence' | 'externals'>;

/** True when the libraries' licences ask for version 3 of ffmpeg's: mbedTLS is under the Apache License, version 2. */
export function isVersion3(externals: readonly FfmpegExternal[]): boolean {
  return externals.includes('mbedtls');
}

/** The licence of a build, with its version. */
export function licenceName({ licence, externals }: Licensed): string {
  const isThird = isVersion3(externals);
  if (licence === 'nonfree') return 'GPL with unfree parts: not to be passed on';
  return licence === 'LGPL' ? `LGPL, version ${isThird ? '3' : '2.1'}` : `GPL, version ${isThird ? '3' : '2'}`;
}

/** The files of ffmpeg's source with the licences that a build is under. */
export function licenceTexts({ licence, externals }: Licensed): readonly string[] {
  return ['COPYING.LGPLv2.1', ...(licence === 'LGPL' ? [] : ['COPYING.GPLv2']), ...(isVersion3(externals) ? ['COPYING.LGPLv3', 'COPYING.GPLv3'] : []), 'LICENSE.md'];
}
