import { relative, sep } from 'node:path';
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
  /** What the code is seen to ask for that no build of ffmpeg's own parts has. */
  readonly special: string | undefined;
  /** True where its text tells of addresses that ffmpeg may be given. */
  readonly tellsOfAddresses: boolean;
  /** `unproven`: an input may be an address, which a static build cannot resolve. */
  readonly inputs: 'local' | 'unproven';
  /** True when something is seen to call ffprobe. */
  readonly callsProbe: boolean;
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
  const paths = [...new Set(sources.flatMap(({ source }) => Array.from(source.text.matchAll(/(?<=["'`\s=])\/[\w./-]*\/ff(?:mpeg|probe)(?=["'`\s])/gu), (match) => match[0])))];
  const probe = found.find((call) => call.program === 'ffprobe');
  const special = sources.map(({ source }) => specials.exec(source.text)?.[0]).find((one) => one !== undefined);
  const tellsOfAddresses = found.some(({ file }) => /generate_presigned_url|\b(?:rtmps?|rtsp|srt|udp|hls):\/\//u.test(file.text));
  const base = { calls, paths, special, tellsOfAddresses, callsProbe: probe !== undefined || foreignCall(build, project, /ffprobe/u) !== undefined };
  const foreign = foreignCall(build, project, /ff(?:mpeg|probe)/u);
  if (probe) return { ...base, inputs: 'unproven', doubt: `${probe.file.path} ${probe.kind === 'library' ? `imports ${probe.text}, which` : ''} calls ffprobe, which the pinned build does not have`.replace('  ', ' ') };
  if (foreign) return { ...base, inputs: 'unproven', doubt: `${foreign.path} calls it too, and shear reads calls in Python alone` };
  if (found.length === 0) return { ...base, inputs: 'unproven', doubt: 'no Python source is seen to call ffmpeg' };
  if (special !== undefined) return { ...base, inputs: 'unproven', doubt: `the code asks for ${special}, which the pinned build may not have` };
  const imported = new Set(sources.flatMap(({ source }) => [...topLevelNames(importsOf(source))]));
  const user = userThatMayRun(uses, imported, knowledge);
  if (user !== undefined) return { ...base, inputs: 'unproven', doubt: user };
  if (tellsOfAddresses) return { ...base, inputs: 'unproven', doubt: 'ffmpeg may be given an address to read, and a static build cannot resolve host names' };
  const files = [...new Set(found.filter((call) => call.kind === 'literal').map(({ file }) => file))];
  const isLocal = files.length > 0 && files.every((file) => inputsOf(file.text).every((input) => isLocalPath(input, file.text)) && inputsOf(file.text).length > 0);
  return { ...base, doubt: undefined, inputs: isLocal ? 'local' : 'unproven' };
}

/** Encoders, devices and options that the pinned build has not, or that went with ffmpeg 7. */
const specials = /-map_channel\b|\b\w+_(?:nvenc|vaapi|qsv|cuvid|amf|v4l2m2m)\b|\blib(?:fdk_aac|svtav1|rav1e|jxl|bluray|codec2)\b|\bchromaprint\b|\bladspa\b|\blv2\b|-hwaccel\b/u;

/** A script of the context, or a source in another language, that names a program, and the image's own commands. */
function foreignCall(build: ImageBuild, project: Project, program: RegExp): SourceFile | undefined {
  const prefix = relative(project.folder, build.file.context).split(sep).join('/');
  const inContext = project.otherTexts.filter(({ path }) => (prefix === '' || path.startsWith(`${prefix}/`)) && /\.(?:[cm]?[jt]sx?|sh|bash|rb|go|java|kt|php|cs|rs|pl|lua)$/u.test(path));
  const text = inContext.find((source) => program.test(source.text));
  const isStarted = build.dockerfile.stages.some((stage) => stage.instructions.some(({ keyword, argument }) => ['CMD', 'ENTRYPOINT', 'HEALTHCHECK'].includes(keyword) && program.test(argument)));
  return text ?? (isStarted ? build.dockerfile.source : undefined);
}

/** Packages that load shared libraries which Debian's ffmpeg happens to bring. */
const libraryUsers: ReadonlySet<string> = new Set([
  'opencv-python', 'opencv-contrib-python', 'soundfile', 'librosa', 'pyaudio', 'sounddevice', 'weasyprint', 'cairosvg', 'cairocffi', 'pycairo', 'pyvips', 'python-magic', 'pygame', 'pyglet',
  'pyqt5', 'pyqt6', 'pyside2', 'pyside6', 'vtk', 'open3d', 'torchaudio', 'torchcodec', 'av', 'manim', 'python-vlc', 'pytesseract', 'wand', 'kivy', 'lightgbm',
]);

/** Why taking a distribution's ffmpeg out may take libraries from something else; undefined when nothing is seen to load any. */
export function libraryDoubt(build: ImageBuild, project: Project, uses: readonly RequirementsUse[], knowledge: Knowledge): string | undefined {
  const inside = build.file.context + sep;
  const loader = project.pythonSources.find(({ path, source }) => path.startsWith(inside) && /\b(?:ctypes|cffi|find_library|CDLL)\b/u.test(source.text));
  if (loader) return `${loader.source.path} loads shared libraries, which may come with ffmpeg's packages`;
  const inline = build.stages.flatMap((stage) => stage.steps.flatMap((step) => step.effects.flatMap((effect) => (effect.kind === 'pip-install' ? effect.requirements : []))));
  const names = [
    ...uses.flatMap((use) => use.file.requirements.lines.flatMap((line) => (line.kind === 'requirement' ? [line.normalizedName] : []))),
    ...uses.flatMap((use) => [...(compiledFor(use, knowledge)?.versions.keys() ?? [])]),
    ...inline.map((text) => (/^[\w.-]+/u.exec(text)?.[0] ?? '').toLowerCase().replace(/[-_.]+/gu, '-')),
  ];
  const user = names.find((name) => libraryUsers.has(name));
  return user === undefined ? undefined : `${user} loads shared libraries, which may come with ffmpeg's packages`;
}

/** A package that starts ffmpeg by itself and that the code, or another package, uses. */
export function userThatMayRun(uses: readonly RequirementsUse[], imported: ReadonlySet<string>, knowledge: Knowledge, read: ReadonlySet<string> = new Set()): string | undefined {
  for (const use of uses) {
    const compiled = compiledFor(use, knowledge);
    const declared = use.file.requirements.lines.flatMap((line) => (line.kind === 'requirement' ? [line.normalizedName] : []));
    for (const name of new Set([...declared, ...(compiled?.versions.keys() ?? [])])) {
      const module = users.get(name);
      if (module === undefined) continue;
      if (imported.has(module) && read.has(module)) continue;
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
