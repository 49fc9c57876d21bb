import { placeAt } from '../base/source.ts';
import type { CommandWord } from '../ffmpeg/command.ts';
import { needOfCommand } from '../ffmpeg/command-need.ts';
import { unknownText } from '../ffmpeg/filter-graph.ts';
import { needBuilder } from '../ffmpeg/need-builder.ts';
import type { FfmpegCommandSeen, FfmpegNeed } from '../ffmpeg/profile.ts';
import { ffmpegPython } from './ffmpeg-python.ts';
import { fluentFfmpeg } from './fluent-ffmpeg.ts';
import { libraryCommands } from './library-commands.ts';
import { unexplainedNames } from './mentions.ts';
import type { Program } from './program.ts';
import { startedCommands, type StartedCommand } from './started-commands.ts';

/** What a program needs of ffmpeg, by all commands that it is seen to start. */
export function needOfProgram(program: Program): FfmpegNeed {
  const need = needBuilder();
  const uses = [libraryCommands(program), ffmpegPython(program), fluentFfmpeg(program)];
  const started = startedCommands(program);
  const commands = [...started, ...uses.flatMap((use) => use.commands)];
  for (const { program: name, words } of commands) needOfCommand(words, name, need);
  for (const { why, place } of uses.flatMap((use) => use.doubts)) need.doubt(why, place);
  for (const { file, span, text } of unexplainedNames(program, started)) need.doubt(`${text} is named, and what it is started with cannot be told`, placeAt(file, span.start));
  const doubts = need.doubts();
  if (commands.length === 0 && doubts.length === 0) return { kind: 'none' };
  const profile = need.profile();
  const shown = unique(commands.map(seen));
  return doubts.length > 0 ? { kind: 'unbounded', doubts, profile, commands: shown } : { kind: 'profile', profile, commands: shown, isLocal: need.isLocal() };
}

function seen({ program, words, place }: StartedCommand): FfmpegCommandSeen {
  const texts = words.map((word: CommandWord) => (word.kind === 'more' ? '…' : word.texts.map((text) => text.replaceAll(unknownText, '…')).join('|')));
  return { text: [program, ...texts.map((text) => (/[\s;'"]/u.test(text) ? `'${text.replaceAll("'", String.raw`'\''`)}'` : text))].join(' '), place };
}

function unique(commands: readonly FfmpegCommandSeen[]): readonly FfmpegCommandSeen[] {
  const found = new Map(commands.map((one) => [JSON.stringify([one.text, one.place]), one]));
  return [...found.values()];
}
