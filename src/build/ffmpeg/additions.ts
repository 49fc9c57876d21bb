import type { FfmpegRecipe } from '../../ffmpeg/configure-line.ts';
import { failureNoteLinkFlags, failureNoteSource } from '../../ffmpeg/failure-note.ts';
import { hostNamesFile, hostNamesLinkFlags, hostNamesSource } from '../../ffmpeg/host-names.ts';

/** A file of C that is linked in besides ffmpeg's own. */
export interface Addition {
  readonly file: string;
  readonly text: string;
  /** For the linker, the object of it among them. */
  readonly flags: readonly string[];
  readonly what: string;
}

/** What is linked in besides ffmpeg's own. */
export function additionsOf({ components, network }: FfmpegRecipe): readonly Addition[] {
  return [
    ...(components === 'all' ? [] : [{ file: 'shear-note.c', text: failureNoteSource, flags: [...failureNoteLinkFlags, 'shear-note.o'], what: 'the note for failing calls' }]),
    ...(network ? [{ file: hostNamesFile, text: hostNamesSource, flags: hostNamesLinkFlags, what: 'the look-up of host names' }] : []),
  ];
}

/** The compiler's arguments for an addition, in ffmpeg's source folder. */
export function additionArguments({ file }: Addition): readonly string[] {
  return ['-O2', '-I.', '-I../lib/include', '-ffunction-sections', '-c', file, '-o', file.replace(/c$/u, 'o')];
}

/** make's arguments that link additions in. */
export function linkArguments(additions: readonly Addition[]): readonly string[] {
  return additions.length > 0 ? [`LDEXEFLAGS=${additions.flatMap(({ flags }) => flags).join(' ')}`] : [];
}
