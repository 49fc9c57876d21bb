import type { Place } from '../base/source.ts';
import { outsideOf } from './components.ts';
import { inputFamilies, type InputFamily } from './families.ts';
import type { FfmpegComponent, FfmpegComponentKind, FfmpegDoubt, FfmpegEvidence, FfmpegExternal, FfmpegProfile, FfmpegProgram } from './profile.ts';

/** What the commands of a project come to, as it grows. */
export interface NeedBuilder {
  readonly add: (kind: FfmpegComponentKind, name: string, evidence: FfmpegEvidence) => void;
  readonly family: (family: InputFamily) => void;
  readonly program: (program: FfmpegProgram) => void;
  /** Reads or writes over HTTP, with or without TLS. */
  readonly network: (evidence: FfmpegEvidence) => void;
  /** An input may be an address. */
  readonly unproven: () => void;
  readonly isLocal: () => boolean;
  readonly doubt: (why: string, place: Place | undefined) => void;
  readonly doubts: () => readonly FfmpegDoubt[];
  readonly profile: () => FfmpegProfile;
}

/** Libraries that shear builds, by configure's name for each. */
const libraries: Readonly<Record<string, readonly FfmpegExternal[]>> = {
  zlib: ['zlib'], libmp3lame: ['lame'], libopus: ['opus'], libx264: ['x264'], libopenh264: ['openh264'], libtheora: ['ogg', 'theora'], libvorbis: ['ogg', 'vorbis'], libvpx: ['vpx'], libwebp: ['webp'],
};

/** Starts with nothing. */
export function needBuilder(): NeedBuilder {
  const parts = new Map<string, { readonly kind: FfmpegComponentKind; readonly name: string; readonly evidence: FfmpegEvidence[] }>();
  const programs = new Set<FfmpegProgram>();
  let isLocal = true;
  const doubts = new Map<string, FfmpegDoubt>();
  const doubt = (why: string, place: Place | undefined): void => void doubts.set(JSON.stringify([why, place]), { why, place });
  const add: NeedBuilder['add'] = (kind, name, evidence) => {
    const place = evidence.kind === 'code' ? evidence.place : undefined;
    for (const word of outsideOf(kind, name)) {
      if (isLicence(word) || word in libraries) continue;
      doubt(`${kind === 'encoder' || kind === 'decoder' || kind === 'filter' ? `the ${kind} ${name}` : name} needs ${word === 'libass' ? 'libass (subtitles)' : word}, which shear does not build`, place);
      return;
    }
    const part = parts.get(`${kind}:${name}`) ?? { kind, name, evidence: [] };
    parts.set(`${kind}:${name}`, part);
    const isKnown = part.evidence.some((one) => JSON.stringify(one) === JSON.stringify(evidence));
    if (!isKnown && part.evidence.length < mostEvidence) part.evidence.push(evidence);
  };
  return {
    add, doubt,
    network: (evidence) => {
      for (const name of networkProtocols) add('protocol', name, evidence);
      // What an address leads to may be a playlist, of pieces that are encrypted.
      for (const name of ['crypto', 'data']) add('protocol', name, { kind: 'implied', by: 'HTTP Live Streaming' });
      for (const name of ['hls', 'webvtt']) add('demuxer', name, { kind: 'implied', by: 'an address' });
      isLocal = false;
    },
    unproven: () => void (isLocal = false),
    isLocal: () => isLocal,
    family: (family) => {
      for (const { kind, name } of inputFamilies[family]) add(kind, name, { kind: 'family', family });
    },
    program: (program) => void programs.add(program),
    doubts: () => [...doubts.values()],
    profile: () => profileOf([...parts.values()], [...programs]),
  };
}

/** Those that `network` gives. */
const networkProtocols: ReadonlySet<string> = new Set(['http', 'https', 'httpproxy', 'tcp', 'tls']);

/** Of one part; more tells no more. */
const mostEvidence = 8;

function isLicence(word: string): boolean {
  return word === 'gpl' || word === 'nonfree' || word === 'version3';
}

/** The profile that parts make: sorted, with the libraries and the licence that they ask for. */
export function profileOf(parts: readonly FfmpegComponent[], programs: readonly FfmpegProgram[]): FfmpegProfile {
  const outside = parts.flatMap(({ kind, name }) => outsideOf(kind, name));
  const network = parts.some(({ kind, name }) => kind === 'protocol' && networkProtocols.has(name));
  return {
    components: parts.toSorted((a, b) => (`${a.kind}:${a.name}` < `${b.kind}:${b.name}` ? -1 : 1)),
    programs: programs.toSorted(),
    // Servers may send what they keep compressed.
    externals: [...new Set([...outside.flatMap((word) => libraries[word] ?? []), ...(network ? (['mbedtls', 'zlib'] as const) : [])])].toSorted(),
    licence: outside.includes('nonfree') ? 'nonfree' : outside.includes('gpl') ? 'GPL' : 'LGPL',
    network,
  };
}
