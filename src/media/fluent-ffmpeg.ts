import { placeAt, type Place } from '../base/source.ts';
import type { CommandWord } from '../ffmpeg/command.ts';
import { writtenOf, type Expression } from './expression.ts';
import type { LibraryUse } from './library-commands.ts';
import type { CodeFile, Program } from './program.ts';
import { callsOf, fullName, nameOfCallee, type CallSite } from './scope.ts';
import type { StartedCommand } from './started-commands.ts';
import { argumentOf, wordsOf } from './word-values.ts';
import { textsOf } from './text-values.ts';

/** Options that methods of fluent-ffmpeg's commands stand for. Source: fluent-ffmpeg 2.1 (lib/options). */
const options: Readonly<Record<string, string>> = {
  audioCodec: '-acodec', withAudioCodec: '-acodec', videoCodec: '-vcodec', withVideoCodec: '-vcodec', format: '-f', toFormat: '-f', withOutputFormat: '-f', outputFormat: '-f',
  audioFrequency: '-ar', withAudioFrequency: '-ar', audioChannels: '-ac', withAudioChannels: '-ac', fps: '-r', withFps: '-r', outputFps: '-r', frames: '-vframes', takeFrames: '-vframes',
  seek: '-ss', duration: '-t', setDuration: '-t', withDuration: '-t', audioQuality: '-aq',
};
const filters: Readonly<Record<string, string>> = {
  audioFilter: '-filter:a', audioFilters: '-filter:a', withAudioFilter: '-filter:a', withAudioFilters: '-filter:a', videoFilter: '-filter:v', videoFilters: '-filter:v', withVideoFilter: '-filter:v', withVideoFilters: '-filter:v', complexFilter: '-filter_complex', filterGraph: '-filter_complex',
};
const flags: Readonly<Record<string, string>> = { noVideo: '-vn', withNoVideo: '-vn', noAudio: '-an', withNoAudio: '-an' };
const inputs = /^(?:input|addInput|mergeAdd)$/u;
const outputs = /^(?:output|addOutput|save|saveToFile)$/u;
const pipes = /^(?:pipe|stream|writeToStream)$/u;
const outputOptions = /^(?:outputOptions?|addOutputOptions?|addOptions?|withOutputOptions?|withOptions?)$/u;
const inputOptions = /^(?:inputOptions?|addInputOptions?|withInputOptions?)$/u;

/** Commands that fluent-ffmpeg puts together. Of each file, every output may come of every input and option. */
export function fluentFfmpeg(program: Program): LibraryUse {
  const uses = program.files.filter(({ aliases }) => [...aliases.values()].some((name) => name.split('.')[0] === 'fluent-ffmpeg')).map((file) => useOf(file, callsOf(program).filter(({ scope }) => scope.file === file)));
  return { commands: uses.flatMap(({ commands }) => commands), doubts: uses.flatMap(({ doubts }) => doubts) };
}

interface Gathered {
  readonly inputs: CommandWord[];
  readonly inputOptions: CommandWord[];
  readonly shared: CommandWord[];
  readonly outputs: { readonly words: readonly CommandWord[]; readonly place: Place }[];
  readonly probes: StartedCommand[];
  readonly doubts: { readonly why: string; readonly place: Place }[];
}

function useOf(file: CodeFile, calls: readonly CallSite[]): LibraryUse {
  const chains = [...chainsOf(file, calls)].map((chain) => useOfChain(chain));
  return { commands: chains.flatMap(({ commands }) => commands), doubts: chains.flatMap(({ doubts }) => doubts) };
}

/** Calls that belong to one command: of one chain, or of chains that start with the variable that it was put into. */
function chainsOf(file: CodeFile, calls: readonly CallSite[]): Iterable<readonly CallSite[]> {
  const isRoot = (one: Expression): boolean => one.kind === 'call' && one.callee.kind === 'name' && file.aliases.get(one.callee.name) === 'fluent-ffmpeg';
  const variables = new Map<number, string>();
  for (const statement of file.statements) if (statement.kind === 'assign' && isRoot(rootOf(statement.value))) variables.set(statement.value.span.start, statement.target.replace(/^\./u, ''));
  const names = new Set(variables.values());
  const groups = new Map<string, CallSite[]>();
  const seen = new Set<string>();
  for (const site of calls) {
    const root = rootOf(site.call);
    const variable = variables.get(root.span.start) ?? (root.kind === 'name' && names.has(root.name) ? root.name : undefined);
    const isProbe = nameOfCallee(site.call.callee) === 'ffprobe';
    if (variable === undefined && !isRoot(root) && !isProbe) continue;
    const id = `${site.call.span.start}-${site.call.span.end}`;
    if (seen.has(id)) continue;
    seen.add(id);
    const key = isProbe ? id : (variable ?? String(root.span.start));
    groups.set(key, [...(groups.get(key) ?? []), site]);
  }
  return groups.values();
}

/** The call or name that a chain starts with. */
function rootOf(expression: Expression): Expression {
  if (expression.kind === 'member') return rootOf(expression.of);
  return expression.kind === 'call' && expression.callee.kind === 'member' ? rootOf(expression.callee) : expression;
}

function useOfChain(calls: readonly CallSite[]): LibraryUse {
  const found: Gathered = { inputs: [], inputOptions: [], shared: [], outputs: [], probes: [], doubts: [] };
  for (const site of calls.toSorted((a, b) => a.call.span.end - b.call.span.end)) gather(site, found);
  const commands = found.outputs.map(({ words, place }): StartedCommand => ({ program: 'ffmpeg', place, words: [...found.inputOptions, ...found.inputs, ...found.shared, ...words] }));
  const [one] = calls;
  if (commands.length === 0 && found.inputs.length > 0 && one) found.doubts.push({ why: 'an input is opened, and what is made of it cannot be told', place: placeAt(one.call.file, one.call.span.start) });
  // It asks ffprobe for sizes by itself, where frames are scaled or streams merged.
  const asks = calls.some(({ call }) => /^(?:size|withSize|setSize|mergeToFile|concat|concatenate|screenshots?|thumbnails?|takeScreenshots)$/u.test(nameOfCallee(call.callee) ?? ''));
  const [first] = commands;
  const asking: readonly StartedCommand[] = asks && first ? [{ program: 'ffprobe', place: first.place, words: literal('-show_streams -show_format /tmp/file', first.place) }] : [];
  return { commands: [...commands, ...found.probes, ...asking], doubts: found.doubts };
}

function gather(site: CallSite, found: Gathered): void {
  const { call, scope } = site;
  const place = placeAt(call.file, call.span.start);
  const name = nameOfCallee(call.callee) ?? '';
  const [first] = call.given;
  const full = fullName(call.callee, scope);
  if (call.callee.kind === 'name' && full === 'fluent-ffmpeg') {
    if (first && first.value.kind !== 'map') found.inputs.push(...literal('-i', place), argumentOf(first.value, scope));
  } else if (name === 'ffprobe') {
    if (first) found.probes.push({ program: 'ffprobe', place, words: [...literal('-show_streams -show_format', place), argumentOf(first.value, scope)] });
  } else if (call.callee.kind !== 'member' || full?.startsWith('console') === true) return;
  else if (inputs.test(name) && first) found.inputs.push(...literal('-i', place), argumentOf(first.value, scope));
  else if (Object.hasOwn(options, name) && first) found.shared.push(...literal(options[name] ?? '', place), argumentOf(first.value, scope));
  else if (Object.hasOwn(flags, name)) found.shared.push(...literal(flags[name] ?? '', place));
  else if (Object.hasOwn(filters, name) && first) gatherFilters(first.value, filters[name] ?? '', site, found);
  else if (/^(?:inputFormat|fromFormat|withInputFormat)$/u.test(name) && first) found.inputOptions.push(...literal('-f', place), argumentOf(first.value, scope));
  else if (/^(?:size|withSize|setSize)$/u.test(name)) found.shared.push(...literal('-filter:v scale', place));
  else if (outputOptions.test(name)) found.shared.push(...split(site));
  else if (inputOptions.test(name)) found.inputOptions.push(...split(site));
  else gatherOutput(site, name, found);
}

function gatherOutput({ call, scope }: CallSite, name: string, found: Gathered): void {
  const place = placeAt(call.file, call.span.start);
  const [first] = call.given;
  if (outputs.test(name) && first) found.outputs.push({ place, words: [argumentOf(first.value, scope)] });
  else if (pipes.test(name)) found.outputs.push({ place, words: literal('pipe:1', place) });
  else if (/^(?:mergeToFile|concat|concatenate|concatenateToFile)$/u.test(name) && first) found.outputs.push({ place, words: [...literal('-filter_complex concat', place), argumentOf(first.value, scope)] });
  else if (/^(?:screenshots?|thumbnails?|takeScreenshots)$/u.test(name)) found.outputs.push({ place, words: literal('-vframes 1 -filter_complex scale,split /tmp/shot.png', place) });
  else if (/^(?:preset|usingPreset|updateFlvMetadata|flvmeta|addInputs|audioQuality)$/u.test(name)) found.doubts.push({ why: `what \`${writtenOf(call)}\` sets cannot be told`, place });
}

function literal(text: string, place: Place): readonly CommandWord[] {
  return text.split(' ').map((word) => ({ kind: 'argument', texts: [word], place, written: word }));
}

/** `'volume=2'`, `['a', 'b']`, `[{ filter: 'volume', options: '2' }]`. */
function gatherFilters(value: Expression, option: string, { scope }: CallSite, found: Gathered): void {
  const place = placeAt(value.file, value.span.start);
  const items = value.kind === 'list' ? value.items.map((item) => item.value) : [value];
  for (const item of items) {
    const name = item.kind === 'map' ? item.entries.find(({ key }) => textsOf(key, scope)[0] === 'filter')?.value : item;
    if (name) found.shared.push(...literal(option, place), argumentOf(name, scope));
    else found.doubts.push({ why: `which filters \`${writtenOf(value)}\` has cannot be told`, place });
  }
}

/** `'-map 0:a'`, `['-c:v copy', '-y']`, `'-c:v', 'copy'`: a text with one space is an option and its value. */
function split({ call, scope }: CallSite): readonly CommandWord[] {
  const lists = call.given.flatMap(({ value }) => (value.kind === 'text' ? [[argumentOf(value, scope)]] : wordsOf(value, scope, false)));
  return lists.flat().flatMap((word): readonly CommandWord[] => {
    const [text = ''] = word.kind === 'argument' ? word.texts : [];
    if (word.kind === 'more' || word.texts.length > 1 || !/^-\S+ /u.test(text)) return [word];
    const at = text.indexOf(' ');
    return [text.slice(0, at), text.slice(at + 1).trim()].map((part) => ({ ...word, texts: [part] }));
  });
}
