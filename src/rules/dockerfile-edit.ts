import type { Span } from '../base/source.ts';
import type { Edit, Fix, Safety } from '../edits/edit.ts';
import type { DockerfileInstruction } from '../syntax/dockerfile.ts';
import { nextLine, lineStart, type Splice } from '../syntax/splice.ts';
import type { ImageBuild, StageSteps, Step } from './image-build.ts';

/** A fix made of splices of one Dockerfile. */
export function dockerfileFix(build: ImageBuild, title: string, splices: readonly Splice[], safety: Safety = 'safe'): Fix {
  const { source } = build.dockerfile;
  return { title, safety, edits: splices.map((splice): Edit => ({ kind: 'splice', path: source.path, source, ...splice })) };
}

/** Takes out whole lines of an instruction; comments above it stay unless they move with it. Of two blank lines that would meet, one goes too. */
export function removeInstruction(build: ImageBuild, instruction: DockerfileInstruction, comments: 'stay' | 'go' = 'stay'): Splice {
  const { text } = build.dockerfile.source;
  const start = comments === 'go' ? blockOf(build, instruction).start : lineStart(text, instruction.span.start);
  let end = nextLine(text, instruction.span.end);
  const isBlankBefore = start === 0 || /(?:^|\n)[ \t]*\r?\n$/u.test(text.slice(0, start));
  const blank = /^[ \t]*\r?\n/u.exec(text.slice(end));
  if (isBlankBefore && blank) end += blank[0].length;
  return { start, end, text: '' };
}

/** The instruction's lines as they stand, without the last newline, with the comments directly above it. */
export function blockOf(build: ImageBuild, instruction: DockerfileInstruction): Span {
  const { text } = build.dockerfile.source;
  let start = lineStart(text, instruction.span.start);
  for (;;) {
    const above = lineStart(text, Math.max(0, start - 1));
    const line = text.slice(above, start);
    // The first lines may be directives to the builder, which mean something only where they are.
    if (above >= start || !/^\s*#/u.test(line) || /^\s*#\s*(?:syntax|escape|check)\s*=/iu.test(line)) break;
    start = above;
  }
  return { start, end: instruction.span.end };
}

/** Splices that move instructions, comments above them included, behind another one, in their order. */
export function moveBehind(build: ImageBuild, moved: readonly { readonly instruction: DockerfileInstruction; readonly text?: string }[], behind: DockerfileInstruction): readonly Splice[] {
  const { text } = build.dockerfile.source;
  const removals = removeInstructions(build, moved.map(({ instruction }) => instruction));
  const lines = moved.map(({ instruction, text: changed }) => {
    const block = blockOf(build, instruction);
    const own = text.slice(lineStart(text, instruction.span.start), instruction.span.end);
    return text.slice(block.start, block.end - own.length) + (changed ?? own);
  });
  return [...removals, insertBehind(build, behind, lines)];
}

/** Takes out instructions with the comments above them; those that meet go as one, so that the blank lines around all of them count. */
export function removeInstructions(build: ImageBuild, instructions: readonly DockerfileInstruction[]): readonly Splice[] {
  const { text } = build.dockerfile.source;
  const removals = instructions.map((instruction) => removeInstruction(build, instruction, 'go'));
  const all: Splice[] = [];
  for (const removal of removals.toSorted((a, b) => a.start - b.start)) {
    const before = all.at(-1);
    if (!before || removal.start > before.end) {
      all.push(removal);
      continue;
    }
    const blank = /^[ \t]*\r?\n/u.exec(text.slice(removal.end));
    const isBlankBefore = before.start === 0 || /(?:^|\n)[ \t]*\r?\n$/u.test(text.slice(0, before.start));
    const isExtended = /(?:^|\n)[ \t]*\r?\n$/u.test(text.slice(removal.start, removal.end));
    all[all.length - 1] = { start: before.start, end: removal.end + (isBlankBefore && blank && !isExtended ? blank[0].length : 0), text: '' };
  }
  return all;
}

/** Whole lines directly behind an instruction. */
export function insertBehind(build: ImageBuild, instruction: DockerfileInstruction, lines: readonly string[]): Splice {
  const { dockerfile: { source: { text }, newline } } = build;
  const at = nextLine(text, instruction.span.end);
  const isLast = at === text.length && !text.endsWith('\n');
  const joined = lines.join(newline);
  return { start: at, end: at, text: isLast ? newline + joined : joined + newline };
}

/** Whole lines directly before an instruction, below the comments above it. */
export function insertBefore(build: ImageBuild, instruction: DockerfileInstruction, lines: readonly string[]): Splice {
  const { dockerfile: { source: { text }, newline } } = build;
  const at = lineStart(text, instruction.span.start);
  return { start: at, end: at, text: lines.map((line) => line + newline).join('') };
}

/** A stage before another one, with a blank line between them. */
export function insertStage(build: ImageBuild, before: StageSteps, lines: readonly string[]): Splice {
  const { newline } = build.dockerfile;
  const { start } = blockOf(build, before.stage.from);
  return { start, end: start, text: [...lines, '', ''].join(newline) };
}

/** FROM's arguments as written, without `AS name`: flags and image. */
export function baseAsWritten(build: ImageBuild, stage: StageSteps): string {
  const { text } = build.dockerfile.source;
  const { from, base } = stage.stage;
  const flags = from.flags.map((flag) => `${text.slice(flag.span.start, flag.span.end)} `).join('');
  return flags + text.slice(base.span.start, base.span.end);
}

/** A name for a new stage that no stage and no image of the Dockerfile has. */
export function freeStageName(build: ImageBuild, wanted: string): string {
  const taken = new Set(build.stages.flatMap(({ stage, base }) => [stage.name ?? '', base.toLowerCase()]));
  for (let i = 1; ; i++) {
    const name = i === 1 ? wanted : `${wanted}-${i}`;
    if (!taken.has(name)) return name;
  }
}

/** Why stages cannot be added or instructions moved between them; undefined when they can. */
export function restructuringDoubt(build: ImageBuild): string | undefined {
  if (!build.final) return 'functions build different stages of it';
  const instructions = build.dockerfile.stages.flatMap((stage) => stage.instructions);
  if (instructions.some((one) => one.flags.some((flag) => flag.name === 'from' && /^\d+$/u.test(flag.value)))) return 'it names stages by their number, which a further stage would change';
  if (build.dockerfile.escape !== '\\') return 'it continues its lines with another character than the backslash';
  if (instructions.some((one) => one.keyword === 'ONBUILD')) return 'it has ONBUILD instructions';
  if (build.functions.some((one) => /^\d+$/u.test(one.package.target ?? ''))) return 'DockerBuildTarget names a stage by its number, which a further stage would change';
  return undefined;
}

/** The step that new COPY --from instructions go before: the first that does more than set the scene; undefined for none. */
export function firstActing(stage: StageSteps): Step | undefined {
  return stage.steps.find((step) => !['ENV', 'ARG', 'WORKDIR', 'LABEL', 'USER', 'SHELL', 'MAINTAINER'].includes(step.instruction.keyword));
}

/** Takes simple commands out of a RUN's `&&` chain; undefined when a comment would go with them. All of them: the whole instruction. */
export function removeCommands(build: ImageBuild, step: Step, gone: ReadonlySet<Step['effects'][number]>): readonly Splice[] | undefined {
  const { text } = build.dockerfile.source;
  if (step.effects.every((effect) => gone.has(effect))) return [removeInstruction(build, step.instruction)];
  const splices: Splice[] = [];
  for (let i = 0; i < step.effects.length; i++) {
    const first = step.effects[i];
    if (!first || !gone.has(first)) continue;
    let last = i;
    for (let next = step.effects[last + 1]; next && gone.has(next); next = step.effects[last + 1]) last++;
    const before = step.effects[i - 1];
    const after = step.effects[last + 1];
    const range = before ? { start: before.span.end, end: step.effects[last]?.span.end ?? 0 } : { start: first.span.start, end: after?.span.start ?? 0 };
    if (/^\s*#/mu.test(text.slice(range.start, range.end)) || /\|\||[^|]\|[^|]/u.test(text.slice(range.start, range.end))) return undefined;
    splices.push({ ...range, text: '' });
    i = last;
  }
  return splices;
}

/** Effects that leave nothing once no package is installed: lists, caches. */
function isHousekeeping(effect: Step['effects'][number]): boolean {
  if (effect.kind === 'no-operation') return true;
  if (effect.kind === 'os-packages') return effect.verb === 'update-lists' || effect.verb === 'clean';
  return effect.kind === 'file-operation' && effect.operation === 'rm' && effect.paths.every((path) => /^\/var\/(?:lib\/apt\/lists|cache\/(?:apt|yum|dnf|apk))(?:\/|$)/u.test(path));
}

/**
 * Takes packages out of a RUN's installs: their names, or the whole command when nothing else is installed, with the update
 * of lists and the cleaning up around it. Undefined when that cannot be done by splices alone.
 */
export function removePackages(build: ImageBuild, step: Step, isGone: (name: string) => boolean): readonly Splice[] | undefined {
  const { text } = build.dockerfile.source;
  const emptied = new Set(step.effects.filter((effect) => effect.kind === 'os-packages' && effect.verb === 'install' && effect.packages.length > 0 && effect.packages.every(isGone)));
  const leaves = step.effects.some((effect) => effect.kind === 'os-packages' && (effect.verb === 'install' || effect.verb === 'upgrade' || effect.verb === 'remove') && !emptied.has(effect));
  const splices: Splice[] = [];
  if (emptied.size > 0) {
    const gone = new Set(step.effects.filter((effect) => emptied.has(effect) || (!leaves && isHousekeeping(effect))));
    const removed = removeCommands(build, step, gone);
    if (!removed) return undefined;
    splices.push(...removed);
  }
  for (const effect of step.effects) {
    if (effect.kind !== 'os-packages' || effect.verb !== 'install' || emptied.has(effect)) continue;
    for (const name of effect.packages.filter(isGone)) {
      const found = wordRange(text, effect.span, name);
      if (!found) return undefined;
      splices.push({ ...found, text: '' });
    }
  }
  return splices;
}

/** A word of a command with the blanks and line continuations before it. */
function wordRange(text: string, span: Span, word: string): Span | undefined {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
  const match = new RegExp(`(?:[ \\t]|\\\\\\r?\\n)+${escaped}(?=\\s|$|\\\\)`, 'u').exec(text.slice(span.start, span.end));
  return match ? { start: span.start + match.index, end: span.start + match.index + match[0].length } : undefined;
}
