import { placeAt, type Place } from '../base/source.ts';
import type { CommandWord } from '../ffmpeg/command.ts';
import { isKnownPart } from '../ffmpeg/components.ts';
import { unknownText } from '../ffmpeg/filter-graph.ts';
import { writtenOf, type Given } from './expression.ts';
import type { LibraryUse } from './library-commands.ts';
import type { CodeFile, Program } from './program.ts';
import { callsOf, fullName, nameOfCallee, type CallSite } from './scope.ts';
import type { StartedCommand } from './started-commands.ts';
import { textsOf } from './text-values.ts';
import { argumentOf, wordsOf } from './word-values.ts';

/** Methods of ffmpeg-python's streams that are no filters of their name. Source: ffmpeg-python 0.2 (_ffmpeg.py, _run.py, nodes.py). */
const plain: ReadonlySet<string> = new Set(['input', 'output', 'filter', 'filter_', 'filter_multi_output', 'run', 'run_async', 'compile', 'get_args', 'view', 'probe', 'overwrite_output', 'global_args', 'merge_outputs', 'node', 'stream', 'get', 'audio', 'video', 'format', 'split', 'join', 'select', 'replace', 'strip', 'count', 'index', 'copy', 'reverse', 'loop', 'pad', 'scale', 'fps']);

/** Filters that ffmpeg-python has methods for. */
const methods: ReadonlySet<string> = new Set(['setpts', 'trim', 'overlay', 'hflip', 'vflip', 'crop', 'drawbox', 'drawtext', 'concat', 'zoompan', 'hue', 'colorchannelmixer', 'asplit']);

/** Commands that ffmpeg-python puts together. Of each file, every output may come of every input and filter. */
export function ffmpegPython(program: Program): LibraryUse {
  const uses = program.files.filter(({ aliases }) => [...aliases.values()].some((name) => name === 'ffmpeg' || name.startsWith('ffmpeg.'))).map((file) => useOf(file, callsOf(program).filter(({ scope }) => scope.file === file)));
  return { commands: uses.flatMap(({ commands }) => commands), doubts: uses.flatMap(({ doubts }) => doubts) };
}

interface Gathered {
  readonly inputs: (readonly CommandWord[])[];
  readonly outputs: { readonly words: readonly CommandWord[]; readonly place: Place }[];
  readonly filters: CommandWord[];
  readonly globals: CommandWord[];
  readonly doubts: { readonly why: string; readonly place: Place }[];
  readonly probes: StartedCommand[];
}

function useOf(file: CodeFile, calls: readonly CallSite[]): LibraryUse {
  const found: Gathered = { inputs: [], outputs: [], filters: [], globals: [], doubts: [], probes: [] };
  for (const site of calls) gather(site, found);
  const shared = [...found.globals, ...found.inputs.flat()];
  const commands = found.outputs.map(({ words, place }): StartedCommand => ({ program: 'ffmpeg', place, words: [...shared, ...found.filters, ...words] }));
  // Inputs without an output are read for what they tell, or their output stands in another file.
  const [first] = found.inputs;
  if (commands.length === 0 && first) found.doubts.push({ why: 'an input is opened, and what is made of it cannot be told', place: placeAt(file.source, 0) });
  return { commands: [...commands, ...found.probes], doubts: found.doubts };
}

function gather(site: CallSite, found: Gathered): void {
  const { call, scope } = site;
  const name = nameOfCallee(call.callee) ?? '';
  const full = fullName(call.callee, scope) ?? '';
  const place = placeAt(call.file, call.span.start);
  const positional = call.given.filter((one) => one.name === undefined);
  const isOfFfmpeg = full.startsWith('ffmpeg.');
  if (name === 'probe' && isOfFfmpeg) {
    const [file] = positional;
    if (file) found.probes.push({ program: 'ffprobe', place, words: [...literal('-show_format -show_streams -of json', place), argumentOf(file.value, scope)] });
  } else if (name === 'input' && isOfFfmpeg) {
    const [file] = positional;
    if (file) found.inputs.push([...optionsOf(call.given, site, found), ...literal('-i', place), argumentOf(file.value, scope)]);
  } else if (name === 'output' && call.callee.kind === 'member') {
    const file = positional.findLast((one) => !one.isSpread) ?? call.given.find((one) => one.name === 'filename');
    if (!file) found.doubts.push({ why: `the output of \`${writtenOf(call)}\` cannot be told`, place });
    else found.outputs.push({ place, words: [...optionsOf(call.given.filter((one) => one !== file && one.name !== 'filename'), site, found), argumentOf(file.value, scope)] });
  } else if (/^filter(?:_|_multi_output)?$/u.test(name) && call.callee.kind === 'member') {
    gatherFilter(site, isOfFfmpeg ? positional[1] : positional[0], found);
  } else if (name === 'global_args') {
    found.globals.push(...wordsOf({ kind: 'list', items: call.given, file: call.file, span: call.span }, scope, false).flat());
  } else if (call.callee.kind === 'member' && methods.has(name) && !plain.has(name) && isKnownPart('filter', name)) {
    found.filters.push(...literal('-filter_complex', place), ...literal(name, place));
  }
}

/** `.filter('scale', 320, -1)` of a stream; Python's own `filter` takes a function. */
function gatherFilter(site: CallSite, first: Given | undefined, found: Gathered): void {
  const { call, scope } = site;
  const place = placeAt(call.file, call.span.start);
  if (!first || !/['"]/u.test(writtenOf(first.value)) && first.value.kind !== 'name') return;
  const names = textsOf(first.value, scope);
  if (names.every((one) => isKnownPart('filter', one))) found.filters.push(...literal('-filter_complex', place), { kind: 'argument', texts: names, place, written: writtenOf(first.value) });
  else if (names.some((one) => one.includes(unknownText))) found.doubts.push({ why: `which filter \`${writtenOf(call)}\` is cannot be told`, place });
}

function literal(text: string, place: Place): readonly CommandWord[] {
  return text.split(' ').map((word) => ({ kind: 'argument', texts: [word], place, written: word }));
}

/** Keywords that ffmpeg-python turns into other options. */
const renamed: Readonly<Record<string, string>> = { format: 'f', video_bitrate: 'b:v', audio_bitrate: 'b:a' };

/** `acodec='aac', **{'c:v': 'copy'}`: each an option with its value; None is an option without. */
function optionsOf(given: readonly Given[], { call, scope }: CallSite, found: Gathered): readonly CommandWord[] {
  const place = placeAt(call.file, call.span.start);
  const option = (name: string, value: Given['value']): readonly CommandWord[] => {
    const flag = literal(`-${renamed[name] ?? name}`, place);
    return value.kind === 'name' && value.name === 'None' ? flag : [...flag, argumentOf(value, scope)];
  };
  return given.flatMap((one): readonly CommandWord[] => {
    if (one.name !== undefined) return one.name === 'filename' || one.name === 'cmd' ? [] : option(one.name, one.value);
    if (!one.isSpread) return [];
    const entries = one.value.kind === 'map' && one.value.isWhole ? one.value.entries : undefined;
    if (entries) return entries.flatMap(({ key, value }) => option(textsOf(key, scope)[0] ?? '', value));
    if (one.value.kind !== 'list') found.doubts.push({ why: `what \`**${writtenOf(one.value)}\` holds cannot be told`, place });
    return [];
  });
}
