import type { Edit } from '../../edits/edit.ts';
import { dockerfileFix } from '../dockerfile-edit.ts';
import type { ImageBuild, StageSteps } from '../image-build.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** FROM without a digest: what is built on can change from one build to the next. */
export const unpinnedBaseImage: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/unpinned-base-image',
  subject: 'dockerfile',
  title: 'Base image without a digest',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  *check(build, context) {
    for (const stage of build.stages) {
      if (!stage.isOwnBase && !stage.base.includes('@') && !/^[a-z-]+:[./]/u.test(stage.base)) yield draftOf(build, stage, context);
    }
  },
});

function draftOf(build: ImageBuild, stage: StageSteps, { knowledge, project }: RuleContext): Draft {
  const { base: word } = stage.stage;
  const pinned = knowledge.bases.get(stage.base);
  const hasTag = /:[^/]+$/u.test(stage.base);
  const isFloating = !hasTag || stage.base.endsWith(':latest');
  const message = isFloating
    ? `${stage.base} is whatever was published last`
    : `${stage.base} has no digest: the same tag can be another image tomorrow`;
  const draft: Draft = { message, at: { file: build.dockerfile.source, span: word.span }, severity: isFloating ? 'error' : 'warning' };
  if (!pinned) return { ...draft, advice: `its digest is not known: ${knowledge.missing.get(stage.base) ?? '`shear fix` asks the registry for it'}` };
  const name = isFloating ? stage.base.replace(/:latest$/u, '') : stage.base;
  const tagged = isFloating ? `${name}:${pinned.versionTag ?? 'latest'}` : name;
  const text = `${tagged}@${pinned.digest}`;
  const title = `name the image by its digest`;
  if (!word.text.includes('$')) return { ...draft, fix: dockerfileFix(build, title, [{ ...word.span, text }]) };
  const edit = argumentEdit(build, stage, text);
  return edit ? { ...draft, fix: { title, safety: 'safe', edits: [edit] } } : { ...draft, advice: `the image comes from a variable; give it as ${text} in ${project.templates[0].source.path} or the ARG` };
}

/** `ARG BASE=python:3.12` and `FROM ${BASE}`: the default is what gets the digest. */
function argumentEdit(build: ImageBuild, stage: StageSteps, text: string): Edit | undefined {
  const name = /^\$(?:\{(\w+)\}|(\w+))$/u.exec(stage.stage.base.text);
  const variable = name?.[1] ?? name?.[2];
  if (variable === undefined || build.functions.some((one) => Object.hasOwn(one.package.buildArgs, variable))) return undefined;
  const { source } = build.dockerfile;
  for (const instruction of build.dockerfile.globalArguments) {
    const word = instruction.words.find((one) => one.text === `${variable}=${stage.base}`);
    if (word) return { kind: 'splice', path: source.path, source, start: word.span.end - stage.base.length, end: word.span.end, text };
  }
  return undefined;
}
