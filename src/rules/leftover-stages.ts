import type { DockerfileInstruction, DockerfileStage } from '../syntax/dockerfile.ts';
import type { Splice } from '../syntax/splice.ts';
import { blockOf } from './dockerfile-edit.ts';
import type { ImageBuild } from './image-build.ts';

/** Instructions that only set the scene for others. */
const scene: ReadonlySet<string> = new Set(['ENV', 'ARG', 'WORKDIR', 'LABEL', 'SHELL', 'USER', 'MAINTAINER']);

/**
 * The splices that take out stages of which nothing is taken any more once some instructions are gone, and which did nothing else.
 * A stage that does more stays: nobody needs it, and Docker leaves it out of the build.
 * @param gone instructions that are taken out elsewhere, and those of the stages that served them.
 */
export function leftoverStages(build: ImageBuild, stages: readonly DockerfileStage[], gone: ReadonlySet<DockerfileInstruction>): readonly Splice[] {
  const all = build.dockerfile.stages;
  const removed = new Set<DockerfileStage>();
  for (const stage of stages.toSorted((a, b) => b.index - a.index)) {
    const isIdle = stage.instructions.every((one) => gone.has(one) || scene.has(one.keyword));
    const others = all.filter((other) => other !== stage && !removed.has(other));
    if (isIdle && !isTarget(build, stage) && !others.some((other) => takesFrom(other, stage, gone))) removed.add(stage);
  }
  return [...removed].map((stage): Splice => {
    const next = all[stage.index + 1];
    return { start: blockOf(build, stage.from).start, end: next ? blockOf(build, next.from).start : build.dockerfile.source.text.length, text: '' };
  });
}

function isTarget(build: ImageBuild, { name }: DockerfileStage): boolean {
  return name !== undefined && build.functions.some(({ package: { target } }) => target?.toLowerCase() === name);
}

function takesFrom(other: DockerfileStage, { name, index }: DockerfileStage, gone: ReadonlySet<DockerfileInstruction>): boolean {
  const isIt = (text: string): boolean => text.toLowerCase() === name || text === String(index);
  if (isIt(other.base.text)) return true;
  return other.instructions.some((one) => !gone.has(one) && one.flags.some(({ name: flag, value }) => (flag === 'from' && isIt(value)) || (flag === 'mount' && value.split(',').some((part) => part.startsWith('from=') && isIt(part.slice('from='.length))))));
}
