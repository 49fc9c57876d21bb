import type { SourceFile, Span } from '../../base/source.ts';
import { defineRule, type Draft, type RuleDefinition } from '../rule.ts';

/** A pipeline that builds from nothing each time. */
export const unsharedBuildCache: RuleDefinition<'project'> = defineRule({
  id: 'samconfig/unshared-build-cache',
  subject: 'project',
  title: 'CI that builds from nothing each time',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(project, { model }) {
    const hasZips = model.functions.some((one) => one.package.kind === 'zip') || model.layers.some((one) => one.buildMethod !== undefined);
    const hasImages = model.functions.some((one) => one.package.kind === 'image');
    if (!hasZips && !hasImages) return;
    for (const file of project.otherTexts) {
      const build = isPipeline(file.path) ? buildLine(file) : undefined;
      if (!build || carriesCache(file.text)) continue;
      yield {
        message: `\`${build.command}\` starts from nothing in every run: nothing is kept from one run to the next`,
        at: { file, span: build.span },
        advice: [
          ...(hasZips ? ['keep .aws-sam/build.toml, .aws-sam/deps and .aws-sam/cache between runs and build with cached = true'] : []),
          ...(hasImages ? ['keep image layers in a registry (DockerBuildExtraParams with --cache-from and --cache-to, use_buildkit = true)'] : []),
        ].join('; '),
      } satisfies Draft;
    }
  },
});

function isPipeline(path: string): boolean {
  return /(?:^|\/)(?:buildspec[\w.-]*\.ya?ml|\.gitlab-ci\.ya?ml|bitbucket-pipelines\.ya?ml|azure-pipelines\.ya?ml|jenkinsfile|\.(?:github\/workflows|circleci)\/[^/]+\.ya?ml)$/iu.test(path);
}

/** The first line, comments aside, that builds. */
function buildLine({ text }: SourceFile): { readonly command: string; readonly span: Span } | undefined {
  const found = /^(?![ \t]*#)[^\n]*?\b(?<command>sam build|docker (?:buildx )?build)(?=\s|$|["'`])/mu.exec(text);
  const command = found?.groups?.['command'];
  if (!found || command === undefined) return undefined;
  const start = found.index + found[0].length - command.length;
  return { command, span: { start, end: start + command.length } };
}

/** Whether a pipeline says anything of a cache, in whatever system's words. */
function carriesCache(text: string): boolean {
  return /cache(?!d\b)/iu.test(text.replaceAll(/--cached\b|--no-cached?\b|--no-cache-dir\b|PIP_NO_CACHE_DIR|use-cached|^[ \t]*#.*$/gmu, ''));
}
