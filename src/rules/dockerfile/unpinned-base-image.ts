import type { Edit } from '../../edits/edit.ts';
import { dockerfileFix } from '../dockerfile-edit.ts';
import type { ImageBuild } from '../image-build.ts';
import { namedImages, type NamedImage } from '../named-images.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** FROM or COPY --from without a digest: what is built on can change from one build to the next. */
export const unpinnedBaseImage: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/unpinned-base-image',
  subject: 'dockerfile',
  title: 'Base image without a digest',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  *check(build, context) {
    for (const image of namedImages(build)) if (!image.reference.includes('@')) yield draftOf(build, image, context);
  },
});

function draftOf(build: ImageBuild, image: NamedImage, { knowledge, project }: RuleContext): Draft {
  const { reference, written, span } = image;
  const pinned = knowledge.bases.get(reference);
  const hasTag = /:[^/]+$/u.test(reference);
  const isFloating = !hasTag || reference.endsWith(':latest');
  const message = isFloating
    ? `${reference} is whatever was published last`
    : `${reference} has no digest: the same tag can be another image tomorrow`;
  const draft: Draft = { message, at: { file: build.dockerfile.source, span }, severity: isFloating ? 'error' : 'warning' };
  const why = knowledge.missing.get(reference);
  if (!pinned) return { ...draft, asksFirst: why === undefined, advice: `its digest is not known: ${why ?? '`shear fix` asks the registry for it'}` };
  const name = isFloating ? reference.replace(/:latest$/u, '') : reference;
  const tagged = isFloating ? `${name}:${pinned.versionTag ?? 'latest'}` : name;
  const text = `${tagged}@${pinned.digest}`;
  // A copy may have been made anew, under another digest: then FROM would name what the registry does not have.
  const safety = pinned.mirror === undefined ? 'safe' : 'unsafe';
  const title = `name the image by its digest${pinned.mirror === undefined ? '' : `, as the copy in ${pinned.mirror} has it: the registry was not asked, and whoever builds without that copy needs the same digest there`}`;
  if (!written.includes('$')) return { ...draft, fix: dockerfileFix(build, title, [{ ...span, text: quotedAs(written, text) }], safety) };
  const edit = argumentEdit(build, image, text);
  if (edit) return { ...draft, fix: { title, safety, edits: [edit] } };
  const names = Array.from(written.matchAll(/\$\{?(\w+)/gu), (match) => match[1] ?? '');
  const given = names.some((one) => build.functions.some(({ package: { buildArgs } }) => Object.hasOwn(buildArgs, one)));
  return { ...draft, advice: `a part of the name comes from ${names.join(', ')}; ${given ? `give all of it in DockerBuildArgs of ${project.templates[0].source.path}` : 'make all of it the ARG\'s default'}, as ${text}` };
}

/** `ARG BASE=python:3.12` and `FROM ${BASE}`: the default is what gets the digest. */
function argumentEdit(build: ImageBuild, { written, reference }: NamedImage, text: string): Edit | undefined {
  const name = /^"?\$(?:\{(\w+)\}|(\w+))"?$/u.exec(written);
  const variable = name?.[1] ?? name?.[2];
  if (variable === undefined || build.functions.some((one) => Object.hasOwn(one.package.buildArgs, variable) || one.package.unresolvedBuildArgs?.includes(variable) === true)) return undefined;
  const { source } = build.dockerfile;
  for (const instruction of build.dockerfile.globalArguments) {
    const word = instruction.words.find((one) => [`${variable}=${reference}`, `${variable}="${reference}"`, `${variable}='${reference}'`].includes(one.text));
    if (!word) continue;
    const end = word.text.endsWith(reference) ? word.span.end : word.span.end - 1;
    return { kind: 'splice', path: source.path, source, start: end - reference.length, end, text };
  }
  return undefined;
}

function quotedAs(written: string, text: string): string {
  const quote = /^["']/u.exec(written)?.[0] ?? '';
  return quote + text + quote;
}
