import { mountsOf, type OsPackageManager } from '../model/run-command.ts';
import type { Splice } from '../syntax/splice.ts';
import { lineStart } from '../syntax/splice.ts';
import { parentOf, type ImageBuild, type StageSteps, type Step } from './image-build.ts';

/** Package managers by where they keep lists and metadata. */
export type Distribution = 'debian' | 'yum' | 'dnf' | 'microdnf' | 'alpine';

/** The distribution that a package manager belongs to. */
export function distributionOf(manager: OsPackageManager): Distribution {
  return manager === 'apt' || manager === 'apt-get' ? 'debian' : manager === 'apk' ? 'alpine' : manager;
}

const folders: Readonly<Record<Distribution, RegExp>> = {
  debian: /^\/var(?:\/lib(?:\/apt(?:\/lists(?:\/.*)?)?)?)?\/?\*?$/u,
  yum: /^\/var(?:\/cache(?:\/(?:yum|dnf|\*)?(?:\/.*)?)?)?$/u,
  dnf: /^\/var(?:\/cache(?:\/(?:dnf|\*)?(?:\/.*)?)?)?$/u,
  microdnf: /^\/var(?:\/cache(?:\/(?:yum|dnf|\*)?(?:\/.*)?)?)?$/u,
  alpine: /^\/var(?:\/cache(?:\/(?:apk|\*)?(?:\/.*)?)?)?$/u,
};

const cleaning: Readonly<Record<Distribution, string>> = {
  debian: 'rm -rf /var/lib/apt/lists/*',
  yum: 'yum clean all && rm -rf /var/cache/yum',
  dnf: 'dnf clean all && rm -rf /var/cache/dnf',
  microdnf: 'microdnf clean all',
  alpine: 'rm -rf /var/cache/apk/*',
};

/** The command that takes a distribution's lists away. */
export function cleaningOf(distribution: Distribution): string {
  return cleaning[distribution];
}

/** The manager whose lists or metadata a RUN leaves in its layer; undefined when it leaves none, or takes them away itself. */
export function leavesLists(build: ImageBuild, step: Step): Distribution | undefined {
  const fetching = step.effects.findLast((effect) => effect.kind === 'os-packages' && isFetching(effect.manager, effect.verb));
  if (fetching?.kind !== 'os-packages') return undefined;
  const distribution = distributionOf(fetching.manager);
  const { text } = build.dockerfile.source;
  const own = text.slice(step.instruction.span.start, step.instruction.span.end);
  const isMounted = mountsOf(step.instruction).some(({ type, target }) => type !== 'bind' && target !== undefined && /^\/var\/(?:lib\/apt|cache)/u.test(target));
  if (isMounted || (distribution === 'alpine' && /--no-cache\b/u.test(own))) return undefined;
  const after = step.effects.slice(step.effects.indexOf(fetching) + 1);
  const isCleaned = after.some((effect) =>
    (effect.kind === 'os-packages' && effect.verb === 'clean' && distribution !== 'debian')
    || (effect.kind === 'file-operation' && effect.operation === 'rm' && effect.paths.some((path) => folders[distribution].test(path)))
    // A command that is not understood whole may do it too.
    || (effect.kind === 'opaque' && /\/var\/(?:lib|cache)|clean\s+all/u.test(text.slice(effect.span.start, effect.span.end))));
  return isCleaned ? undefined : distribution;
}

function isFetching(manager: OsPackageManager, verb: string): boolean {
  const distribution = distributionOf(manager);
  if (distribution === 'debian' || distribution === 'alpine') return verb === 'update-lists';
  return verb === 'install' || verb === 'upgrade' || verb === 'update-lists';
}

/** The end of a RUN with the clean-up behind it; a sentence without full stop when that is not surely safe. */
export function cleaningSplice(build: ImageBuild, stage: StageSteps, step: Step, distribution: Distribution): Splice | string {
  const { instruction } = step;
  const { text } = build.dockerfile.source;
  const own = text.slice(instruction.span.start, instruction.span.end);
  if (instruction.form !== 'shell' || instruction.heredocs.length > 0 || build.dockerfile.escape !== '\\') return 'the RUN is not written as a command line';
  if (/(?:^|\s)#/mu.test(own) || /[;&|\\]\s*$/u.test(own) || /\b(?:exit|exec|return)\b/u.test(own)) return 'a command cannot simply be added to the RUN';
  const before = [...ancestors(build, stage).flatMap((one) => one.steps), ...stage.steps.slice(0, step.index)].map((one) => one.instruction);
  if (before.some(({ keyword, argument }) => keyword === 'USER' && !/^(?:root|0)(?::|$)/u.test(argument.trim()))) return 'the RUN may not be root\'s';
  if (before.some(({ keyword, words }) => keyword === 'SHELL' && !/(?:^|\/)(?:ba|da)?sh$/u.test(words[0]?.text ?? ''))) return 'the RUN uses another shell';
  if (distribution === 'debian' && needsLists(build, stage, step)) return 'a later RUN installs from the same lists; update and install in one RUN';
  const last = lineStart(text, instruction.span.end);
  const isLong = last > instruction.span.start;
  const indent = isLong ? (/^[ \t]*/u.exec(text.slice(last))?.[0] ?? '    ') : '';
  const joint = isLong ? ` \\${build.dockerfile.newline}${indent}&& ` : ' && ';
  return { start: instruction.span.end, end: instruction.span.end, text: joint + cleaning[distribution] };
}

function ancestors(build: ImageBuild, stage: StageSteps): readonly StageSteps[] {
  const parent = parentOf(build, stage);
  return parent ? [...ancestors(build, parent), parent] : [];
}

/** True when a later RUN of the stage, or of one built FROM it, may install packages without refreshing the lists. */
function needsLists(build: ImageBuild, stage: StageSteps, step: Step): boolean {
  const { text } = build.dockerfile.source;
  const later = [...stage.steps.slice(step.index + 1), ...build.stages.filter((other) => ancestors(build, other).includes(stage)).flatMap((other) => other.steps)];
  return later.some((one) => {
    let isFresh = false;
    return one.effects.some((effect) => {
      const own = text.slice(effect.span.start, effect.span.end);
      if (effect.kind === 'os-packages' && effect.verb === 'update-lists') isFresh = true;
      if (/\bapt(?:-get)?\s+(?:-\S+\s+)*update\b/u.test(own)) isFresh = true;
      if (isFresh) return false;
      if (effect.kind === 'os-packages') return effect.verb === 'install' || effect.verb === 'upgrade';
      return effect.kind === 'opaque' && /\bapt\b|apt-get|\bdpkg\b|\.sh\b|\b(?:ba)?sh\b|playwright|install-deps|\bmake\b/u.test(own);
    });
  });
}
