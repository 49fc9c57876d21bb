import type { FfmpegComponentKind, FfmpegProfile } from './profile.ts';
import { audioFilters, commonOutputs, filterGraphs, furtherOutputs, videoFilters, type OutputWay } from './proof-outputs.ts';
import { proofSamples, type ProofSample } from './proof-samples.ts';
import { inputWord, outputWord, type Replay } from './replay.ts';

/** One command that a derived build and a full one run alike. */
export interface ProofCase extends Replay {
  readonly sample: ProofSample;
  /** Parts that have done their work when it succeeds, as `decoder theora`. */
  readonly reaches: readonly string[];
}

/** Parts that have names of their own in commands, and can so be told to have been reached. */
const reachable: ReadonlySet<FfmpegComponentKind> = new Set<FfmpegComponentKind>(['demuxer', 'decoder', 'encoder', 'muxer', 'filter']);

/** The parts of a profile that a proof should reach. */
export function reachableParts({ components }: FfmpegProfile): readonly string[] {
  return components.filter(({ kind }) => reachable.has(kind)).map(({ kind, name }) => `${kind} ${name}`);
}

/**
 * The commands that a proof of a profile runs on whole samples: every input to one output, every output and filter from one input,
 * questions to ffprobe, and recorded commands on all samples.
 */
export function proofCases(profile: FfmpegProfile, replays: readonly Replay[] = []): readonly ProofCase[] {
  const has = new Set(profile.components.map(({ kind, name }) => `${kind} ${name}`));
  const samples = proofSamples.filter(({ demuxer, decoders }) => has.has(`demuxer ${demuxer}`) && decoders.some((name) => has.has(`decoder ${name}`)));
  const carries = ({ media, decoders }: ProofSample, wanted: 'audio' | 'video'): boolean =>
    media === wanted || (media === 'film' && decoders.slice(wanted === 'video' ? 0 : 1, wanted === 'video' ? 1 : undefined).some((name) => has.has(`decoder ${name}`)));
  const readBy = ({ demuxer, decoders }: ProofSample): readonly string[] => [`demuxer ${demuxer}`, ...decoders.map((name) => `decoder ${name}`)];
  const common = commonOutputs.filter(({ encoder, muxer }) => has.has(`encoder ${encoder}`) && has.has(`muxer ${muxer}`));
  const outputs = [...common, ...furtherOutputs(profile, common)];
  const converted = (sample: ProofSample, one: OutputWay, more: { readonly args?: readonly string[]; readonly reaches?: readonly string[] } = {}): ProofCase => ({
    sample, program: 'ffmpeg', words: ['-i', inputWord, ...exact, ...(more.args ?? []), ...one.args, `${outputWord}/${one.output}`],
    reaches: [...readBy(sample), `encoder ${one.encoder}`, `muxer ${one.muxer}`, ...(more.reaches ?? [])],
  });
  const cases: ProofCase[] = [];
  for (const media of ['audio', 'video'] as const) {
    const [first, ...others] = outputs.filter((one) => one.media === media);
    const own = samples.filter((one) => carries(one, media));
    const [sample] = own;
    if (!first || !sample) continue;
    cases.push(...own.map((one) => converted(one, first)), ...others.map((one) => converted(sample, one)));
    for (const [name, text] of filtersOf(profile, media)) cases.push(converted(sample, first, { args: text, reaches: [`filter ${name}`] }));
    const graphs = filterGraphs[media].filter(({ filters }) => filters.every((name) => has.has(`filter ${name}`)));
    cases.push(...graphs.map(({ filters, text }) => converted(sample, first, { args: ['-filter_complex', text], reaches: filters.map((name) => `filter ${name}`) })));
  }
  cases.push(...films(samples.filter((one) => carries(one, 'audio') && carries(one, 'video')), outputs).map(([sample, audio, video]) => converted(sample, { ...video, args: [...video.args.slice(1), ...audio.args.filter((_, at) => audio.args[at] === '-c:a' || audio.args[at - 1] === '-c:a')] })));
  if (profile.programs.includes('ffprobe')) cases.push(...samples.map((sample): ProofCase => ({ sample, program: 'ffprobe', words: ['-of', 'json', '-show_format', '-show_streams', inputWord], reaches: [`demuxer ${sample.demuxer}`] })));
  return [...cases, ...replays.flatMap((replay) => samples.map((sample): ProofCase => ({ ...replay, sample, reaches: [] })))];
}

const exact = ['-threads', '1', '-map_metadata', '-1', '-fflags', '+bitexact', '-flags:v', '+bitexact', '-flags:a', '+bitexact'];

/** Sound and picture together, where a profile writes both into one file. */
function films(samples: readonly ProofSample[], outputs: readonly OutputWay[]): readonly (readonly [ProofSample, OutputWay, OutputWay])[] {
  const video = outputs.find((one) => one.media === 'video' && outputs.some(({ media, muxer }) => media === 'audio' && muxer === one.muxer));
  const audio = outputs.find(({ media, muxer }) => media === 'audio' && muxer === video?.muxer);
  return audio && video ? samples.filter(({ media }) => media === 'film').map((sample) => [sample, audio, video] as const) : [];
}

/** The filters of a profile, each as it is commonly used, or else with what it does by itself on one stream, and on two. */
function filtersOf({ components }: FfmpegProfile, media: 'audio' | 'video'): readonly (readonly [string, readonly string[]])[] {
  const [known, others, option, stream] = media === 'audio' ? [audioFilters, videoFilters, '-af', 'a'] as const : [videoFilters, audioFilters, '-vf', 'v'] as const;
  return [...new Set(components.filter(({ kind }) => kind === 'filter').map(({ name }) => name))].flatMap((name): readonly (readonly [string, readonly string[]])[] => {
    const text = known[name];
    if (text !== undefined) return [[name, [option, text]]];
    return name in others ? [] : [[name, [option, name]], [name, ['-filter_complex', `[0:${stream}][0:${stream}]${name}`]]];
  });
}
