import { placeAt, type SourceFile, type Span } from '../base/source.ts';
import { unknownText } from '../ffmpeg/filter-graph.ts';
import { within, dottedName, type Expression } from './expression.ts';
import type { CodeFile, Program } from './program.ts';
import { nameOfCallee } from './scope.ts';
import { splitShell } from './shell-words.ts';
import type { StartedCommand } from './started-commands.ts';

/** Where a text of the code is the program's name or a whole command. */
export interface Mention {
  readonly file: SourceFile;
  readonly span: Span;
  readonly text: string;
}

/** Calls that say or ask something about a program without starting it. */
const harmless = /^(?:which|exists|isfile|is_file|access|chmod|copy|copyfile|copy2|move|print|info|debug|warning|warn|error|exception|critical|log|RuntimeError|Exception|ValueError|Error|OSError|FileNotFoundError|EnvironmentError|existsSync|chmodSync|copyFileSync|accessSync|startswith|endswith|join_path|getLogger|get_logger|setFfmpegPath|setFfprobePath|require|Logger|upload_file|download_file|environ|setdefault|putenv)$/u;

/** Names of the program that no started command accounts for: something may start it in a way that is not seen. */
export function unexplainedNames(program: Program, started: readonly StartedCommand[]): readonly Mention[] {
  const known = new Set<string>(started.map((one) => one.program));
  const places = new Set(started.map(({ place }) => `${place.file}:${place.line}:${place.column}`));
  const lines = started.map((one) => [one.program, ...one.words.map((word) => (word.kind === 'argument' ? (word.texts[0] ?? '') : unknownText))]);
  return program.files.flatMap((file) => mentionsIn(file)).filter((mention) => {
    const { line, column } = placeAt(mention.file, mention.span.start);
    if (mention.isHead) return !places.has(`${mention.file.path}:${line}:${column}`);
    const head = mention.words.slice(0, Math.max(1, mention.words.findIndex((word) => word.includes('…'))));
    return head.length > 1 ? !lines.some((words) => head.every((word, at) => at === 0 || words[at] === word)) : !known.has(mention.text);
  });
}

function mentionsIn({ statements }: CodeFile): readonly (Mention & { readonly isHead: boolean; readonly words: readonly string[] })[] {
  return statements.flatMap(({ value }) => {
    const quiet = new Set<Expression>();
    const heads = new Set<Expression>();
    for (const one of within(value)) {
      if (one.kind === 'call' && harmless.test(nameOfCallee(one.callee) ?? '')) for (const inside of within(one)) quiet.add(inside);
      if (one.kind === 'item' && dottedName(one.of)?.endsWith('environ') === true) for (const inside of within(one)) quiet.add(inside);
      if (one.kind === 'list' && one.items.length > 1 && one.items[0]) heads.add(one.items[0].value);
    }
    return [...within(value)].flatMap((one) => {
      const text = one.kind === 'text' && !quiet.has(one) ? one.parts.map((part) => (typeof part === 'string' ? part : '…')).join('') : '';
      const found = /^\s*(?:[\w./…-]*\/)?(ffmpeg|ffprobe)(?:\.exe)?(?:$|\s[\s\S]*\s-|\s+-)/u.exec(text)?.[1];
      return found === undefined ? [] : [{ file: one.file, span: one.span, text: found, isHead: heads.has(one) && !/\s/u.test(text), words: splitShell(text)[0] ?? [] }];
    });
  });
}
