import { sep } from 'node:path';
import type { SourceFile, Span } from '../base/source.ts';
import { ffmpegCallsOf } from '../model/ffmpeg-calls.ts';
import { importsOf, topLevelNames } from '../model/python-imports.ts';
import type { Project } from '../project/project.ts';
import type { ImageBuild } from './image-build.ts';
import type { Knowledge } from './knowledge.ts';
import { compiledFor, type RequirementsUse } from './requirements-use.ts';

/** What the code does with ffmpeg, as far as its text tells. */
export interface FfmpegUse {
  readonly calls: readonly { readonly file: SourceFile; readonly span: Span; readonly text: string }[];
  /** Why the pinned build may not serve; undefined when nothing speaks against it. */
  readonly doubt: string | undefined;
  /** `unproven`: an input may be an address, which a static build cannot resolve. */
  readonly inputs: 'local' | 'unproven';
  /** Absolute paths of the program that the code names. */
  readonly paths: readonly string[];
}

/** Packages that start ffmpeg or ffprobe, or load its libraries, by normalised name and import name. */
const users: ReadonlyMap<string, string> = new Map([
  ['pydub', 'pydub'], ['moviepy', 'moviepy'], ['ffmpeg-python', 'ffmpeg'], ['ffmpy', 'ffmpy'], ['ffmpegio', 'ffmpegio'], ['yt-dlp', 'yt_dlp'], ['youtube-dl', 'youtube_dl'],
  ['openai-whisper', 'whisper'], ['audioread', 'audioread'], ['torchaudio', 'torchaudio'], ['torchcodec', 'torchcodec'], ['scenedetect', 'scenedetect'], ['auditok', 'auditok'],
]);

/** Reads the Python sources of a context, tests left out. */
export function ffmpegUse(build: ImageBuild, project: Project, uses: readonly RequirementsUse[], knowledge: Knowledge): FfmpegUse {
  const inside = build.file.context + sep;
  const sources = project.pythonSources.filter(({ path, source }) => path.startsWith(inside) && !/(?:^|\/)(?:tests?|docs|examples)\//u.test(source.path) && !/(?:^|\/)(?:test_[^/]*|conftest)\.py$/u.test(source.path));
  const found = sources.flatMap(({ source }) => ffmpegCallsOf(source).map((call) => ({ ...call, file: source })));
  const calls = found.map(({ file, span, text }) => ({ file, span, text }));
  const paths = [...new Set(sources.flatMap(({ source }) => Array.from(source.text.matchAll(/(?<=["'\s=])\/[\w./-]*\/ffmpeg(?=["'\s])/gu), (match) => match[0])))];
  const probe = found.find((call) => call.program === 'ffprobe');
  const base = { calls, paths };
  if (probe) return { ...base, inputs: 'unproven', doubt: `${probe.file.path} ${probe.kind === 'library' ? `imports ${probe.text}, which` : ''} calls ffprobe, which the pinned build does not have`.replace('  ', ' ') };
  if (found.length === 0) return { ...base, inputs: 'unproven', doubt: 'no Python source is seen to call ffmpeg' };
  const imported = new Set(sources.flatMap(({ source }) => [...topLevelNames(importsOf(source))]));
  const user = userThatMayRun(uses, imported, knowledge);
  if (user !== undefined) return { ...base, inputs: 'unproven', doubt: user };
  const isNetwork = found.some(({ file }) => /generate_presigned_url|\b(?:rtmps?|rtsp|srt|udp|hls):\/\//u.test(file.text));
  if (isNetwork) return { ...base, inputs: 'unproven', doubt: 'ffmpeg may be given an address to read, and a static build cannot resolve host names' };
  const files = [...new Set(found.filter((call) => call.kind === 'literal').map(({ file }) => file))];
  const isLocal = files.length > 0 && files.every((file) => inputsOf(file.text).every((input) => isLocalPath(input, file.text)) && inputsOf(file.text).length > 0);
  return { ...base, doubt: undefined, inputs: isLocal ? 'local' : 'unproven' };
}

/** A package that starts ffmpeg by itself and that the code, or another package, uses. */
function userThatMayRun(uses: readonly RequirementsUse[], imported: ReadonlySet<string>, knowledge: Knowledge): string | undefined {
  for (const use of uses) {
    const compiled = compiledFor(use, knowledge);
    const declared = use.file.requirements.lines.flatMap((line) => (line.kind === 'requirement' ? [line.normalizedName] : []));
    for (const name of new Set([...declared, ...(compiled?.versions.keys() ?? [])])) {
      const module = users.get(name);
      if (module === undefined) continue;
      if (imported.has(module)) return `${name} is imported, and starts ffmpeg or ffprobe by itself`;
      if (!compiled) return `${name} is installed, and may start ffprobe; whether anything uses it is not known`;
      if (!isOnlyAskedForDirectly(name, compiled.text)) return `another package needs ${name}, which may start ffprobe`;
    }
  }
  return undefined;
}

/** Whether the annotations of a compiled file (`# via`) name nothing but the requirements themselves. */
function isOnlyAskedForDirectly(name: string, text: string): boolean {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.toLowerCase().replace(/[-_.]+/gu, '-').startsWith(`${name}==`));
  if (start < 0) return false;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^\S/u.test(line));
  const via = rest.slice(0, end < 0 ? rest.length : end).filter((line) => line.trim().startsWith('#')).map((line) => line.replace(/^\s*#\s*(?:via\s*)?/u, '').trim());
  return via.filter((one) => one !== '').every((one) => one.startsWith('-r '));
}

/** The expressions that stand behind `-i`. */
function inputsOf(text: string): readonly string[] {
  const listed = Array.from(text.matchAll(/["']-i["']\s*,\s*((?:[^,()[\]]|\([^()]*\))+)/gu), (match) => (match[1] ?? '').trim());
  const inLine = Array.from(text.matchAll(/ffmpeg[^\n"']* -i ['"]?(\{[^}]*\}|[^\s"']+)/gu), (match) => (match[1] ?? '').replace(/^\{(.*?)(?:![rsa])?\}$/u, '$1'));
  return [...listed, ...inLine.map((one) => (/^[A-Za-z_]\w*$/u.test(one) ? one : `"${one}"`))];
}

/** True when an expression is surely a file: a literal without an address, or a name that only ever gets such paths. */
function isLocalPath(expression: string, text: string): boolean {
  const bare = expression.replace(/^(?:str|os\.fspath)\((.*)\)$/u, '$1').trim();
  if (/^[rbf]?["']/u.test(bare)) return !bare.includes('://') && !/^f["']\{/u.test(bare);
  if (isPathExpression(bare)) return true;
  if (!/^[A-Za-z_]\w*$/u.test(bare) || /ur[li]|link|stream/iu.test(bare)) return false;
  const assigned = Array.from(text.matchAll(new RegExp(`^\\s*${bare}\\s*(?::[^=\\n]+)?=\\s*(?!=)(.+)$`, 'gmu')), (match) => match[1] ?? '');
  const opened = new RegExp(`(?:NamedTemporaryFile|TemporaryDirectory|mkstemp)\\([^)]*\\)\\s+as\\s+${bare}\\b`, 'u').test(text);
  return (assigned.length > 0 || opened) && assigned.every(isPathExpression);
}

function isPathExpression(text: string): boolean {
  return /^(?:os\.path\.(?:join|abspath|realpath)\(|tempfile\.|NamedTemporaryFile|mkstemp|(?:pathlib\.)?Path\(|[rf]{0,2}["']\/(?:tmp|opt|var|mnt)\/|[A-Za-z_]\w*\.name$|[rf]?["'](?!\{)[\w./ -]*["']$)/u.test(text.trim());
}
