import type { SourceFile, Span } from '../base/source.ts';
import { importsOf } from './python-imports.ts';
import { pythonTokens } from './python-tokens.ts';

/** A sign that a Python file calls ffmpeg. */
export interface FfmpegCall {
  readonly program: 'ffmpeg' | 'ffprobe';
  /** `literal`: the program's name stands in a string; `library`: a package that calls it is imported. */
  readonly kind: 'literal' | 'library';
  /** The string's value, or the package's import name. */
  readonly text: string;
  readonly span: Span;
}

/** Import names of packages that start ffmpeg or ffprobe themselves. Source: each project's documentation. */
const libraries: ReadonlyMap<string, readonly FfmpegCall['program'][]> = new Map([
  ['ffmpeg', ['ffmpeg', 'ffprobe']],
  ['ffmpegio', ['ffmpeg', 'ffprobe']],
  ['ffmpy', ['ffmpeg']],
  ['imageio_ffmpeg', ['ffmpeg']],
  ['moviepy', ['ffmpeg']],
  ['pydub', ['ffmpeg', 'ffprobe']],
  ['whisper', ['ffmpeg']],
  ['yt_dlp', ['ffmpeg', 'ffprobe']],
]);

/** Where a file names ffmpeg or ffprobe in a string literal, or imports a package that starts them; in order. */
export function ffmpegCallsOf(source: SourceFile): readonly FfmpegCall[] {
  const calls: FfmpegCall[] = [];
  for (const token of pythonTokens(source)) {
    if (token.kind !== 'string') continue;
    const written = token.value ?? source.text.slice(token.span.start, token.span.end);
    for (const program of ['ffmpeg', 'ffprobe'] as const) {
      // Part of a longer word (`ffmpeg_args`, `my-ffmpeg-bucket`) names something else.
      if (new RegExp(`(?:^|[^\\w-])${program}(?:$|[^\\w-])`, 'u').test(written)) calls.push({ program, kind: 'literal', text: written, span: token.span });
    }
  }
  for (const module of importsOf(source).modules) {
    for (const program of libraries.get(module.name.split('.')[0] ?? '') ?? []) {
      calls.push({ program, kind: 'library', text: module.name, span: module.span });
    }
  }
  return calls.toSorted((a, b) => a.span.start - b.span.start);
}
