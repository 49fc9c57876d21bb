import { posix } from 'node:path';
import type { Splice } from '../syntax/splice.ts';
import { insertBefore, moveBehind } from './dockerfile-edit.ts';
import type { ImageBuild, Step } from './image-build.ts';
import type { Manifest } from './manifest-installs.ts';

/** Splices that copy manifests before the install that reads them, and the code behind the last install. */
export function manifestFirst(build: ImageBuild, early: readonly Step[], last: Step, manifests: readonly Manifest[]): readonly Splice[] {
  const taken = manifests.filter((one) => early.includes(one.broughtBy));
  const splices: Splice[] = [];
  for (const user of new Set(taken.map((one) => one.usedBy))) {
    const lines = new Map<string, string[]>();
    for (const { path, broughtBy, usedBy } of taken) {
      if (usedBy !== user) continue;
      const head = destinationOf(build, broughtBy, path);
      lines.set(head, [...(lines.get(head) ?? []), path]);
    }
    splices.push(insertBefore(build, user.instruction, [...lines].map(([head, paths]) => {
      const [flags = '', destination = './'] = head.split('\n');
      return `COPY ${flags}${[...new Set(paths)].join(' ')} ${destination}`;
    })));
  }
  const moved = early.map((step) => ({ instruction: step.instruction, text: withoutManifests(build, step, taken) }));
  return [...splices, ...moveBehind(build, moved, last.instruction)];
}

/** Flags and destination for the manifest's own COPY, which lands it where it was before. */
function destinationOf(build: ImageBuild, step: Step, path: string): string {
  const { text } = build.dockerfile.source;
  const { instruction } = step;
  const flags = instruction.flags.map((flag) => `${text.slice(flag.span.start, flag.span.end)} `).join('');
  const target = instruction.words.at(-1)?.text ?? '.';
  if (step.copy?.sources.includes(path)) return `${flags}\n${asFolder(target, step.copy.sources.length > 1)}`;
  const source = step.copy?.sources.find((one) => one === '.' || path.startsWith(`${one}/`)) ?? '.';
  const folder = posix.dirname(posix.relative(source, path));
  return `${flags}\n${posix.join(target, folder === '.' ? '' : folder).replace(/\/*$/u, '/').replace(/^(?![./$"'])/u, './')}`;
}

/** A destination that took several files, for one of them: without the slash the file itself would get that name. */
function asFolder(target: string, isFolder: boolean): string {
  return !isFolder || /[/.]$|LAMBDA_TASK_ROOT\}?["']?$/u.test(target) ? target : `${target}/`;
}

/** The COPY's text without the manifests that it names; the same when it names none. */
function withoutManifests(build: ImageBuild, step: Step, manifests: readonly Manifest[]): string {
  const { text } = build.dockerfile.source;
  const { instruction } = step;
  const names = new Set(manifests.filter((one) => one.broughtBy === step).map((one) => one.path));
  const words = instruction.words.filter((word) => names.has(posix.normalize(word.text)));
  let own = text.slice(instruction.span.start, instruction.span.end);
  const target = instruction.words.at(-1);
  if (target && words.length > 0 && instruction.words.length - 1 - words.length === 1) {
    const at = target.span.end - instruction.span.start;
    own = own.slice(0, at) + asFolder(target.text, true).slice(target.text.length) + own.slice(at);
  }
  for (const { span } of words.toReversed()) {
    const at = span.start - instruction.span.start;
    const behind = own.slice(at + span.end - span.start).replace(/^(?:[ \t]|\\\r?\n)+/u, '');
    own = own.slice(0, at) + behind;
  }
  return text.slice(text.lastIndexOf('\n', instruction.span.start - 1) + 1, instruction.span.start) + own;
}
