import { demuxerNamed, decoderNamed, encoderNamed, isKnownPart, muxerNamed } from './components.ts';
import type { FfmpegComponent, FfmpegComponentKind, FfmpegProgram } from './profile.ts';

/** What one run of ffmpeg said of itself. */
export interface FfmpegReport {
  readonly program: FfmpegProgram;
  /** As it was started, the program first. */
  readonly argv: readonly string[];
  /** By configure's names. */
  readonly components: readonly FfmpegComponent[];
}

/**
 * Reads a report that `FFREPORT=…:level=48` leaves: the command line, and the names of the parts that ran. undefined for any other text.
 * What ffmpeg's messages look like: fftools and libavfilter, 5.1 to 7.1.
 */
export function readReport(text: string): FfmpegReport | undefined {
  const line = /^Command line:\r?\n(.+)$/mu.exec(text)?.[1];
  const argv = line === undefined ? [] : splitCommandLine(line);
  const program = /^ff(mpeg|probe) started on /mu.exec(text)?.[1];
  if (program === undefined || argv.length === 0) return undefined;
  const found = new Map<string, FfmpegComponent>();
  const add = (kind: FfmpegComponentKind, name: string | undefined): void => {
    if (name !== undefined) found.set(`${kind}:${name}`, { kind, name });
  };
  for (const [, name = ''] of text.matchAll(/^Input #\d+, (\S+), from /gmu)) add('demuxer', demuxerNamed(name));
  for (const [, name = ''] of text.matchAll(/\bFormat (\S+) (?:probed|detected)/gu)) add('demuxer', demuxerNamed(name));
  for (const [, name = ''] of text.matchAll(/^\[out#\d+\/(\S+) @/gmu)) add('muxer', muxerNamed(name)?.name);
  for (const [, name = ''] of text.matchAll(/^Output #\d+, (\S+), to /gmu)) add('muxer', muxerNamed(name)?.name);
  // `Stream #0:0 -> #0:0 (mp3 (mp3float) -> pcm_s16le (native))`: the program's own name stands in the brackets unless it is the codec's.
  for (const [, codec = '', own = '', target = '', encoder = ''] of text.matchAll(/\((\S+) \((\S+)\) -> (\S+) \((\S+)\)\)/gu)) {
    add('decoder', decoderNamed(own === 'native' ? codec : own)?.name);
    add('encoder', encoderNamed(encoder === 'native' ? target : encoder)?.name);
  }
  for (const [, name = ''] of text.matchAll(/^\[Parsed_([a-z0-9_]+?)_\d+ @/gmu)) addKnown('filter', name, add);
  for (const [, name = ''] of text.matchAll(/^\[(?:auto_)?([a-z0-9]+?)_\d+ @/gmu)) addKnown('filter', name, add);
  for (const [, name = ''] of text.matchAll(/auto-insert(?:ing|ed) filter '(?:auto_)?([a-z0-9]+?)_\d+'/gu)) addKnown('filter', name, add);
  for (const [, name = ''] of text.matchAll(/Automatically inserted bitstream filter '(\w+)'/gu)) addKnown('bsf', name, add);
  for (const [, name = ''] of text.matchAll(/^\[(\w+) @ 0x[0-9a-f]+\] Setting default whitelist/gmu)) addKnown('protocol', name, add);
  return { program: program === 'probe' ? 'ffprobe' : 'ffmpeg', argv, components: [...found.values()].toSorted((a, b) => (`${a.kind}:${a.name}` < `${b.kind}:${b.name}` ? -1 : 1)) };
}

function addKnown(kind: 'filter' | 'bsf' | 'protocol', name: string, add: (kind: FfmpegComponentKind, name: string) => void): void {
  if (isKnownPart(kind, name)) add(kind, name);
}

/** ffmpeg puts arguments with other than plain characters into quotes, with a backslash before some and other bytes as `\x..`. */
function splitCommandLine(line: string): readonly string[] {
  return (line.match(/(?:"(?:[^"\\]|\\.)*"|[^\s"])+/gu) ?? []).map((word) => {
    const bytes = word.replace(/^"(.*)"$/su, '$1').replace(/\\(?:x([0-9a-f]{2})|(["\\$`]))/gu, (_, hex: string | undefined, char: string) => (hex === undefined ? char : String.fromCharCode(Number.parseInt(hex, 16))));
    return Buffer.from(bytes, 'latin1').toString('utf8');
  });
}
