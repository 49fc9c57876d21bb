import { posix } from 'node:path';
import type { SourceFile } from '../../base/source.ts';
import { get, stringOf } from '../../syntax/yaml.ts';
import type { ImageFunction } from '../image-build.ts';
import { imageCommands, type ImageCommand } from '../image-commands.ts';
import { projectPath } from '../requirements-use.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** Builds whose image is an index or carries attestations: Lambda refuses them. */
export const unsupportedManifest: RuleDefinition<'project'> = defineRule({
  id: 'dockerfile/unsupported-manifest',
  subject: 'project',
  title: 'Build that makes an image Lambda refuses',
  severity: 'error',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  *check(project, context) {
    const functions = context.model.functions.filter((one): one is ImageFunction => one.package.kind === 'image');
    for (const one of functions) yield* inParameters(one);
    for (const file of [...project.otherTexts, ...project.developerFiles.filter(({ path }) => /(?:^|\/)package\.json$/u.test(path) && !project.otherTexts.some((other) => other.path === path))]) {
      for (const command of imageCommands(file)) if (isForLambda(command, file, functions, context)) yield draftOf(command);
    }
  },
});

const refused = 'Lambda takes one plain manifest, no index';

/** DockerBuildExtraParams, which sam puts behind its own `--provenance=false --sbom=false`, so that they win. */
function* inParameters(one: ImageFunction): Iterable<Draft> {
  const list = get(one.resource, 'Metadata', 'DockerBuildExtraParams');
  if (list?.kind !== 'list') return;
  const { source } = one.template;
  for (const [index, item] of list.items.entries()) {
    const text = stringOf(item);
    if (text === undefined) continue;
    const next = stringOf(list.items[index + 1]) ?? '';
    const at = { file: source, span: item.span };
    const attests = /^--(provenance|sbom)(?:=(?!false$|0$)(.*))?$/u.exec(text);
    const isOff = attests?.[2] === undefined && /^(?:false|0)$/u.test(next);
    if (attests && !isOff) {
      const flag = attests[1] ?? 'provenance';
      const draft: Draft = { message: `${text} adds an attestation to the image of ${one.logicalId}: ${refused}`, at };
      const isPlain = item.alias === undefined && text.includes('=') && source.text.slice(item.span.start, item.span.end).includes(text);
      const start = item.span.start + source.text.slice(item.span.start, item.span.end).indexOf(text);
      yield isPlain
        ? { ...draft, fix: { title: `turn it off; ${flag === 'sbom' ? 'an SBOM' : 'provenance'} can go beside the image`, safety: 'safe', edits: [{ kind: 'splice', path: source.path, source, start, end: start + text.length, text: `--${flag}=false` }] } }
        : { ...draft, advice: `give --${flag}=false instead` };
    } else if (/^--attest\b/u.test(text)) yield { message: `${text} adds an attestation to the image of ${one.logicalId}: ${refused}`, at, advice: 'take it out; an SBOM can go beside the image' };
    else if (/^--platform(?:=[^,]+,|$)/u.test(text) && (text.includes(',') || next.includes(','))) yield { message: `${text.includes('=') ? text : `${text} ${next}`} makes an index for ${one.logicalId}: ${refused}`, at, advice: 'name the platform of the function alone' };
  }
}

/** True when a command builds a function's Dockerfile or context, or its script hands images to Lambda. */
function isForLambda(command: ImageCommand, file: SourceFile, functions: readonly ImageFunction[], { project }: RuleContext): boolean {
  if (/aws\s+lambda\s+(?:update-function-code|create-function)|update-function-code|--image-uri\b|\bImageUri\b/u.test(file.text)) return true;
  return functions.some(({ package: { dockerfile } }) => {
    const [path, context] = [projectPath(project, dockerfile.path), projectPath(project, dockerfile.context)];
    return command.paths.includes(path) || (command.paths.includes(context === '' ? '.' : context) && posix.basename(path) === 'Dockerfile' && !command.paths.some((one) => /dockerfile/iu.test(posix.basename(one)) && one !== path));
  });
}

function draftOf({ file, span, name, fault }: ImageCommand): Draft {
  const at = { file, span };
  if (fault === 'platforms') return { message: `${name} sends an index of several platforms: ${refused}`, at, advice: 'build each function\'s own platform alone, under a tag of its own' };
  return {
    message: `${name} sends attestations beside the image, in an index: ${refused}`, at,
    advice: name === 'docker buildx build' ? 'add --provenance=false --sbom=false' : 'add `provenance: false` and `sbom: false` to its inputs',
  };
}
