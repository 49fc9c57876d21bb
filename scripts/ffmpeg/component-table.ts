// npx tsx scripts/ffmpeg/component-table.ts FOLDER: src/ffmpeg/component-table.ts from ffmpeg's own source in FOLDER.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '';
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
const readAll = (library: string): string => readdirSync(join(folder, library), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.c')).toSorted().map((name) => read(join(library, name))).join('\n');

const version = read('RELEASE').trim();
const configure = read('configure');
const sources = { codec: readAll('libavcodec'), format: readAll('libavformat') + readAll('libavdevice') };

/** What `extern const X ff_NAME_kind;` lists, in order. */
function listed(file: string, pattern: RegExp): readonly string[] {
  return [...new Set(Array.from(read(file).matchAll(pattern), (match) => match[1] ?? ''))];
}

/** The braces of a definition, or of the macro call that stands for it. */
function bodyOf(text: string, type: string, symbol: string): string {
  const start = text.search(new RegExp(`\\b${type}\\s+ff_${symbol}\\s*=\\s*\\{`, 'u'));
  if (start < 0) return '';
  return text.slice(start, text.indexOf('\n};', start));
}

function field(body: string, name: string): string | undefined {
  const literals = new RegExp(`\\.${name.replace('.', '\\.')}\\s*=((?:\\s*"[^"]*")+)`, 'u').exec(body)?.[1];
  return literals === undefined ? undefined : Array.from(literals.matchAll(/"([^"]*)"/gu), (match) => match[1] ?? '').join('');
}

/** `AV_CODEC_ID_X`; of `CONFIG_Y ? A : B` the first, which a full build has. */
function codecId(body: string, name: string): string {
  const value = new RegExp(`\\.${name.replace('.', '\\.')}\\s*=([^,]*),`, 'u').exec(body)?.[1] ?? '';
  // AV_NE(a, b) is the second on machines with Lambda's byte order.
  const swapped = new RegExp(`\\.${name.replace('.', '\\.')}\\s*=\\s*AV_NE\\([^,]*,\\s*AV_CODEC_ID_(\\w+)`, 'u').exec(body)?.[1];
  return (swapped ?? /AV_CODEC_ID_(\w+)/u.exec(value)?.[1] ?? '-').replace(/^NONE$/u, '-').toLowerCase();
}

/** Names that macros make: of PCM formats and image pipes. */
function macroName(name: string): string {
  return name.startsWith('pcm_') ? name.slice('pcm_'.length) : name.startsWith('image_') ? name.slice('image_'.length) : name;
}

const demuxers = listed('libavformat/allformats.c', /FFInputFormat\s+ff_(\w+)_demuxer;/gu).map((name) => {
  const runtime = field(bodyOf(sources.format, 'FFInputFormat', `${name}_demuxer`), 'p.name') ?? macroName(name);
  return runtime === name ? name : `${name}=${runtime}`;
});

const muxers = listed('libavformat/allformats.c', /FFOutputFormat\s+ff_(\w+)_muxer;/gu).map((name) => {
  const body = bodyOf(sources.format, 'FFOutputFormat', `${name}_muxer`);
  const isPcm = name.startsWith('pcm_') && body === '';
  const extensions = field(body, 'p.extensions') ?? (isPcm ? macroName(name) : '-');
  return [name, field(body, 'p.name') ?? macroName(name), extensions === '' ? '-' : extensions, isPcm ? name : codecId(body, 'p.audio_codec'), codecId(body, 'p.video_codec'), codecId(body, 'p.subtitle_codec')].join(' ');
});

const codecs = (kind: 'encoder' | 'decoder'): readonly string[] => listed('libavcodec/allcodecs.c', new RegExp(`FFCodec\\s+ff_(\\w+)_${kind};`, 'gu')).map((name) => {
  const body = bodyOf(sources.codec, 'FFCodec', `${name}_${kind}`);
  const id = codecId(body, 'p.id');
  return [name, field(body, 'p.name') ?? name, id === '-' ? name : id, ...(/AV_CODEC_CAP_EXPERIMENTAL/u.test(body) ? ['x'] : [])].join(' ');
});

const filters = listed('libavfilter/allfilters.c', /AVFilter\s+ff_[a-z]+_(\w+);/gu).map((name) => name.replace(/^(?:abuffer|buffer)(?:sink)?$/u, '')).filter((name) => name !== '');

/** Words of a list variable of configure. */
function listOf(name: string): readonly string[] {
  return (new RegExp(`^${name}="([^"]*)"`, 'mu').exec(configure)?.[1] ?? '').split(/\s+/u).filter((word) => /^\w+$/u.test(word));
}

const licences = new Map<string, string>([
  ...listOf('EXTERNAL_LIBRARY_GPL_LIST').map((name) => [name, 'gpl'] as const),
  ...listOf('EXTERNAL_LIBRARY_NONFREE_LIST').map((name) => [name, 'nonfree'] as const),
  ...listOf('EXTERNAL_LIBRARY_VERSION3_LIST').map((name) => [name, 'version3'] as const),
  ...listOf('EXTERNAL_LIBRARY_GPLV3_LIST').map((name) => [name, 'gpl'] as const),
]);
const autodetected = [...listOf('EXTERNAL_AUTODETECT_LIBRARY_LIST'), ...listOf('HWACCEL_AUTODETECT_LIBRARY_LIST'), ...listOf('HWACCEL_LIBRARY_LIST'), ...listOf('HWACCEL_LIBRARY_NONFREE_LIST')];
const outside = new Set([...licences.keys(), ...listOf('EXTERNAL_LIBRARY_LIST'), ...autodetected, 'gpl', 'nonfree', 'version3', 'gplv3', 'libx262', 'ffnvcodec']);

/** What a component needs from outside ffmpeg. */
function needs(kind: string, name: string): readonly string[] {
  const words = (suffix: string): readonly string[] => (new RegExp(`^${name}_${kind}_${suffix}="([^"]*)"`, 'mu').exec(configure)?.[1] ?? '').split(/\s+/u);
  const own = [...words('deps'), ...words('select').filter((word) => /^(?:in|de)flate_wrapper$/u.test(word)).map(() => 'zlib')].filter((word) => outside.has(word)).map((word) => (word === 'gplv3' ? 'gpl' : word));
  return [...new Set([...own, ...own.flatMap((word) => licences.get(word) ?? [])])];
}

const firsts = (lines: readonly string[]): readonly string[] => lines.map((line) => line.split(/[ =]/u)[0] ?? '');
const protocols = listed('libavformat/protocols.c', /URLProtocol\s+ff_(\w+)_protocol;/gu);
const parsers = listed('libavcodec/parsers.c', /AVCodecParser\s+ff_(\w+)_parser;/gu);
const bsfs = listed('libavcodec/bitstream_filters.c', /FFBitStreamFilter\s+ff_(\w+)_bsf;/gu);
const encoders = codecs('encoder');
const decoders = codecs('decoder');
const needing = ([['demuxer', firsts(demuxers)], ['decoder', firsts(decoders)], ['filter', filters], ['encoder', firsts(encoders)], ['muxer', firsts(muxers)], ['protocol', protocols]] as const)
  .flatMap(([kind, names]) => names.flatMap((name) => (needs(kind, name).length > 0 ? [`${kind}:${name} ${needs(kind, name).join(' ')}`] : [])));

/** Options that take no value, of ffmpeg's tools; a codec's or format's own always take one. */
const flags = [...new Set(['fftools/ffmpeg_opt.c', 'fftools/ffprobe.c', 'fftools/opt_common.h'].flatMap((file) => Array.from(read(file).matchAll(/\{\s*"([\w?]+)"\s*,\s*(OPT_TYPE_\w+)\s*,\s*([^,{]*)/gu), ([, name = '', type, how = '']) => ({ name, type, how })))
  .filter(({ type, how }) => type === 'OPT_TYPE_BOOL' || (/OPT_EXIT/u.test(how) && !/OPT_FUNC_ARG/u.test(how)) || (type === 'OPT_TYPE_FUNC' && how.trim() === '0')).map(({ name }) => name))];
const shows = Array.from(read('fftools/ffprobe.c').matchAll(/"(show_\w+)"\s*,\s*OPT_TYPE_FUNC\s*,\s*0/gu), ([, name = '']) => name);

const wrap = (words: readonly string[], separator = ' '): string => {
  const lines: string[] = [''];
  for (const word of words) {
    if ((lines.at(-1) ?? '').length + word.length > 200) lines.push('');
    lines.push(`${lines.pop() ?? ''}${word}${separator}`);
  }
  return lines.map((line) => `  '${line.trimEnd()}${separator === ' ' ? ' ' : ''}'`).join(' +\n');
};
const text = (name: string, comment: string, words: readonly string[]): string => `/** ${comment} */\nexport const ${name}: string =\n${wrap(words)};\n`;
const lines = (name: string, comment: string, all: readonly string[]): string => `/** ${comment} */\nexport const ${name}: string =\n${wrap(all, ';')};\n`;

writeFileSync(join(import.meta.dirname, '../../src/ffmpeg/component-table.ts'), `// Generated by \`npx tsx scripts/ffmpeg/component-table.ts FOLDER\` from the source of ffmpeg ${version}: names are facts of its interface.

${text('demuxerTable', "configure's name, and after `=` what ffmpeg itself says where that differs.", demuxers)}
${lines('muxerTable', "configure's name, ffmpeg's own, extensions, the codecs that it takes by default: audio, video, subtitle.", muxers)}
${lines('encoderTable', "configure's name, ffmpeg's own, codec, `x` for experimental; of a codec the first is its default.", encoders)}
${lines('decoderTable', "configure's name, ffmpeg's own, codec, `x` for experimental; of a codec the first is its default.", decoders)}
${text('filterTable', 'Filters; both names are one.', filters)}
${text('parserTable', 'Parsers.', parsers)}
${text('bsfTable', 'Bitstream filters.', bsfs)}
${text('protocolTable', 'Protocols.', protocols)}
${lines('outsideTable', 'What parts need besides ffmpeg itself: libraries, or a licence.', needing)}
${text('flagTable', "Options of ffmpeg's tools that take no value.", [...flags, ...shows].toSorted())}`.trimEnd() + '\n');
