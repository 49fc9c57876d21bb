import { fault, type Fault } from '../base/fault.ts';
import { err, ok, type Result } from '../base/result.ts';
import { placeAt, squiggle, type SourceFile, type Span } from '../base/source.ts';
import { readArguments, readFlags, skipBlanks } from './dockerfile-arguments.ts';
import { logicalLines, piecesIn, readDirectives, spanIn, type Directives, type LogicalLine } from './dockerfile-lines.ts';
import type { Dockerfile, DockerfileInstruction, DockerfileKeyword, DockerfileStage } from './dockerfile.ts';
import { nearest } from '../base/nearest.ts';
import { newlineOf } from './newline.ts';

/**
 * Parses a Dockerfile into stages and instructions with their ranges; nothing is expanded.
 * Faults (`syntax/dockerfile`, with place and excerpt): unknown instructions, none at all, no FROM, instructions before it,
 * missing arguments, a FROM or SHELL of the wrong form, heredocs that never end. Source: Dockerfile reference.
 */
export function parseDockerfile(source: SourceFile): Result<Dockerfile, readonly Fault[]> {
  const directives = readDirectives(source);
  const faults: Fault[] = [];
  const report: Report = (span, what, more) =>
    void faults.push(fault('syntax/dockerfile', what, { place: placeAt(source, span.start), excerpt: squiggle(source, span), ...more }));
  if (directives.badEscape) {
    report(directives.badEscape, 'the escape directive names an unknown character', { why: 'only a backslash and a backtick can be the escape character', next: 'write # escape=` or take the line out' });
  }
  const lines = logicalLines(source, directives.escape);
  const instructions = lines.flatMap((line) => readInstruction(line, directives, report) ?? []);
  const stages = groupStages(instructions, report);
  if (lines.length === 0) {
    faults.push(fault('syntax/dockerfile', `${source.path} has no instructions`, { place: placeAt(source, 0), why: 'an image starts from a FROM instruction', next: 'add FROM and what the image needs' }));
  } else if (stages.stages.length === 0 && faults.length === 0) {
    report(lines[0] ? spanIn(lines[0], 0, lines[0].text.length) : { start: 0, end: 0 }, `${source.path} has no FROM`, { why: 'an image starts from a FROM instruction', next: 'add a FROM line above the others' });
  }
  if (faults.length > 0) return err(faults);
  return ok({ source, escape: directives.escape, syntaxDirective: directives.syntax, ...stages, newline: newlineOf(source.text) });
}

type Report = (span: Span, what: string, more: { readonly why: string; readonly next: string }) => void;

const keywords: readonly DockerfileKeyword[] = [
  'FROM', 'ARG', 'ENV', 'WORKDIR', 'COPY', 'ADD', 'RUN', 'CMD', 'ENTRYPOINT', 'LABEL', 'USER',
  'EXPOSE', 'SHELL', 'STOPSIGNAL', 'VOLUME', 'HEALTHCHECK', 'ONBUILD', 'MAINTAINER',
];

function readInstruction(line: LogicalLine, { escape }: Directives, report: Report): DockerfileInstruction | undefined {
  const start = skipBlanks(line.text, 0);
  const length = line.text.slice(start).search(/\s|$/u);
  const written = line.text.slice(start, start + length);
  const keyword = keywords.find((candidate) => candidate === written.toUpperCase());
  if (!keyword) {
    const close = nearest(written.toUpperCase(), keywords);
    report(spanIn(line, start, start + length), `${written} is no Dockerfile instruction`, {
      why: 'a line starts with an instruction such as FROM, COPY or RUN, unless the line before ends with the escape character',
      next: close === undefined ? 'correct the line, or end the line before with a backslash' : `did you mean ${close}?`,
    });
    return undefined;
  }
  if (line.open) {
    report(line.open.span, `the heredoc ${line.open.name} never ends`, { why: `no line consists of ${line.open.name} alone`, next: `add a line ${line.open.name} after the text` });
    return undefined;
  }
  const { flags, next } = readFlags(line, start + length, escape);
  const end = Math.max(next, line.text.trimEnd().length);
  const { form, words } = readArguments(keyword, line, { start: next, end, escape });
  const span = { start: spanIn(line, start, start + 1).start, end: line.heredocEnd ?? spanIn(line, start, end).end };
  const instruction: DockerfileInstruction = {
    keyword, span, flags, form, words, argument: line.text.slice(next, end), argumentSpan: spanIn(line, next, end), argumentPieces: piecesIn(line, next, end), heredocs: line.heredocs,
  };
  checkArguments(instruction, report);
  return instruction;
}

function checkArguments(instruction: DockerfileInstruction, report: Report): void {
  const { keyword, words, argument, span, form } = instruction;
  const broken = (what: string, next: string): void => report(span, what, { why: 'Docker refuses to build this', next });
  if (argument === '') broken(`${keyword} has no argument`, 'add what it needs, or take the line out');
  else if (keyword === 'FROM' && words.length !== 1 && !(words.length === 3 && words[1]?.text.toUpperCase() === 'AS')) {
    broken('FROM takes an image, or an image, AS and a name', 'write FROM image or FROM image AS name');
  } else if (keyword === 'FROM' && words[2] && !/^[a-z][a-z0-9._-]*$/u.test(words[2].text.toLowerCase())) {
    broken(`${words[2].text} cannot be the name of a stage`, 'use a letter, then letters, digits, dots, dashes and underscores');
  } else if ((keyword === 'COPY' || keyword === 'ADD') && words.length < 2) {
    broken(`${keyword} needs a source and a destination`, `write ${keyword} source destination`);
  } else if (keyword === 'SHELL' && form !== 'exec') {
    broken('SHELL takes a JSON array', 'write SHELL ["/bin/sh", "-c"]');
  }
}

function groupStages(instructions: readonly DockerfileInstruction[], report: Report): { readonly globalArguments: readonly DockerfileInstruction[]; readonly stages: readonly DockerfileStage[] } {
  const globalArguments: DockerfileInstruction[] = [];
  const stages: (DockerfileStage & { readonly instructions: DockerfileInstruction[] })[] = [];
  for (const instruction of instructions) {
    const [base, , name] = instruction.words;
    const stage = stages.at(-1);
    if (instruction.keyword === 'FROM') {
      if (!base) continue;
      const platform = instruction.flags.find((flag) => flag.name === 'platform')?.value;
      stages.push({ index: stages.length, name: name?.text.toLowerCase(), from: instruction, base, platform, instructions: [] });
    } else if (stage) stage.instructions.push(instruction);
    else if (instruction.keyword === 'ARG') globalArguments.push(instruction);
    else report(instruction.span, `${instruction.keyword} stands before the first FROM`, { why: 'only ARG may stand there', next: 'move the line below FROM' });
  }
  return { globalArguments, stages };
}
