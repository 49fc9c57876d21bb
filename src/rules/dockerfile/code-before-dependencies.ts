import { dirname, posix, relative, resolve, sep } from 'node:path';
import type { Project } from '../../project/project.ts';
import type { Splice } from '../../syntax/splice.ts';
import { dockerfileFix, insertBefore, moveBehind } from '../dockerfile-edit.ts';
import type { ImageBuild, StageSteps, Step } from '../image-build.ts';
import { copyThatBrings, imagePath, type PipInstall } from '../requirements-use.ts';
import { defineRule, evidence, type Draft, type RuleDefinition } from '../rule.ts';

/** Sources copied before dependencies are installed: each change of the code installs all of them again. */
export const codeBeforeDependencies: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/code-before-dependencies',
  subject: 'dockerfile',
  title: 'Code copied before dependencies are installed',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  after: ['ffmpeg/oversized-ffmpeg'],
  *check(build, { project }) {
    for (const stage of build.stages) {
      const draft = checkStage(build, stage, project);
      if (draft) yield draft;
    }
  },
});

interface Manifest {
  /** In the context. */
  readonly path: string;
  readonly broughtBy: Step;
  readonly usedBy: Step;
}

function checkStage(build: ImageBuild, stage: StageSteps, project: Project): Draft | undefined {
  const installs = stage.steps.flatMap((step) => step.effects.flatMap((effect) => (effect.kind === 'pip-install' && effect.requirementsFiles.length > 0 ? [{ step, effect }] : [])));
  const last = installs.at(-1)?.step;
  const first = installs[0];
  if (!last || !first) return undefined;
  const found = installs.flatMap(({ step, effect }) => effect.requirementsFiles.map((name): Manifest | undefined => {
    const brought = copyThatBrings(stage, step, imagePath(step, effect, name));
    return brought && { path: brought.path, broughtBy: brought.step, usedBy: step };
  }));
  const manifests = found.flatMap((one) => (one ? withIncludes(one, build, project) : []));
  const paths = new Set(manifests.map((one) => one.path));
  const early = stage.steps.filter((step) => step.index < last.index && step.copy?.sources.some((source) => !paths.has(source) && isCode(source)));
  const [start] = early;
  if (!start || installs.some(({ effect }) => needsSources(effect))) return undefined;
  const source = build.dockerfile.source;
  const names = installs.flatMap(({ effect }) => effect.requirementsFiles).join(', ');
  const draft: Draft = {
    message: `the code is copied before ${names} is installed: every change of it installs all dependencies again`,
    at: { file: source, span: start.instruction.span },
    evidence: [evidence(source, first.step.instruction.span, 'installed here')],
    cost: { kind: 'estimate', seconds: secondsOf(build, manifests, project), formula: '8 s and 1.5 s for each requirement, per build after a change' },
  };
  const doubt = found.some((one) => one === undefined) ? 'where the requirements file comes from cannot be told' : doubtOf(stage, early, last, manifests);
  if (doubt !== undefined) return { ...draft, advice: `${doubt}; copy the manifest alone, install, then copy the code` };
  return { ...draft, fix: dockerfileFix(build, 'copy the manifest first and the code last', splicesOf(build, early, last, manifests)) };
}

/** Binaries and archives change as rarely as dependencies do. */
function isCode(source: string): boolean {
  return !/ff(?:mpeg|probe)|\.(?:whl|tar|gz|xz|zip|so|bin|rpm|deb)$/iu.test(source);
}

function needsSources(effect: PipInstall): boolean {
  return effect.editables.length > 0 || effect.requirements.some((text) => /^\.|\//u.test(text));
}

function secondsOf(build: ImageBuild, manifests: readonly Manifest[], project: Project): number {
  const files = new Set(manifests.map((one) => resolve(build.file.context, one.path)));
  const lines = project.requirements.filter((one) => files.has(one.path)).flatMap((one) => one.requirements.lines);
  return 8 + 1.5 * lines.filter((line) => line.kind === 'requirement').length;
}

/** A manifest and the files that it includes, which have to be there with it. */
function withIncludes(manifest: Manifest, build: ImageBuild, project: Project): readonly Manifest[] {
  const all = new Map<string, Manifest>([[manifest.path, manifest]]);
  for (const { path } of all.values()) {
    const absolute = resolve(build.file.context, path);
    const lines = project.requirements.find((one) => one.path === absolute)?.requirements.lines ?? [];
    for (const line of lines) {
      if (line.kind !== 'include' && line.kind !== 'constraint') continue;
      const included = relative(build.file.context, resolve(dirname(absolute), line.path)).split(sep).join('/');
      if (!all.has(included)) all.set(included, { ...manifest, path: included });
    }
  }
  return [...all.values()];
}

/** Why the copies cannot be moved behind the install; undefined when they can. */
function doubtOf(stage: StageSteps, early: readonly Step[], last: Step, manifests: readonly Manifest[]): string | undefined {
  if (manifests.some((one) => one.path.startsWith('../'))) return 'a requirements file lies outside the context';
  const [start] = early;
  if (!start || early.some((step) => step.instruction.form === 'exec')) return 'its COPY is written as a list';
  if (early.some((step) => step.instruction.keyword === 'ADD')) return 'it copies with ADD';
  for (const step of stage.steps.slice(start.index + 1, last.index + 1)) {
    const { keyword } = step.instruction;
    if (keyword === 'WORKDIR' || keyword === 'SHELL' || keyword === 'VOLUME') return `${keyword} stands between the COPY and the install`;
    const unclear = step.effects.find((effect) => !['pip-install', 'tool-upgrade', 'os-packages', 'no-operation'].includes(effect.kind));
    if (unclear) return `the RUN between them may need the code${unclear.kind === 'opaque' ? `: ${unclear.reason}` : ''}`;
    if (step.effects.some((effect) => effect.kind === 'pip-install' && needsSources(effect))) return 'an install between them needs the code';
  }
  return undefined;
}

function splicesOf(build: ImageBuild, early: readonly Step[], last: Step, manifests: readonly Manifest[]): readonly Splice[] {
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
  if (step.copy?.sources.includes(path)) return `${flags}\n${target}`;
  const source = step.copy?.sources.find((one) => one === '.' || path.startsWith(`${one}/`)) ?? '.';
  const folder = posix.dirname(posix.relative(source, path));
  return `${flags}\n${posix.join(target, folder === '.' ? '' : folder).replace(/\/*$/u, '/').replace(/^(?![./$"'])/u, './')}`;
}

/** The COPY's text without the manifests that it names; the same when it names none. */
function withoutManifests(build: ImageBuild, step: Step, manifests: readonly Manifest[]): string {
  const { text } = build.dockerfile.source;
  const { instruction } = step;
  const names = new Set(manifests.filter((one) => one.broughtBy === step).map((one) => one.path));
  const words = instruction.words.filter((word) => names.has(posix.normalize(word.text)));
  let own = text.slice(instruction.span.start, instruction.span.end);
  for (const { span } of words.toReversed()) {
    const at = span.start - instruction.span.start;
    const behind = own.slice(at + span.end - span.start).replace(/^(?:[ \t]|\\\r?\n)+/u, '');
    own = own.slice(0, at) + behind;
  }
  return text.slice(text.lastIndexOf('\n', instruction.span.start - 1) + 1, instruction.span.start) + own;
}
