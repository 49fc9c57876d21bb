import { posix } from 'node:path';
import { parseYaml, get } from '../../syntax/yaml.ts';
import { nameList } from '../name-list.ts';
import { shippedStages, type ImageBuild, type StageSteps } from '../image-build.ts';
import { manifestInstalls, type ManifestInstall } from '../manifest-installs.ts';
import { copyThatBrings, imagePath, projectPath } from '../requirements-use.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** devDependencies in the image that is shipped. */
export const developmentPackagesInImage: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/development-packages-in-image',
  subject: 'dockerfile',
  title: 'Node.js packages for development in the image',
  severity: 'warning',
  since: '0.2.0',
  status: 'stable',
  safety: 'manual',
  *check(build, context) {
    for (const stage of shippedStages(build)) {
      for (const install of manifestInstalls(build, stage)) {
        const draft = install.tool === 'npm' ? draftOf(build, stage, install, context) : undefined;
        if (draft) yield draft;
      }
    }
  },
});

const leavesOut = /^--(?:production|omit(?:=|$)|only=prod|prod$)|^(?:dev|optional)$/u;

function draftOf(build: ImageBuild, stage: StageSteps, install: ManifestInstall, { project }: RuleContext): Draft | undefined {
  const { step, effect } = install;
  const { text } = build.dockerfile.source;
  // Taken out afterwards, or left out by the environment.
  if ((install.flags ?? []).some((flag) => leavesOut.test(flag)) || /\bnpm\s+prune\b|\bNODE_ENV[= ]+["']?production|rm\s+-\S+\s+\S*node_modules/u.test(text)) return undefined;
  const manifest = copyThatBrings(stage, step, imagePath(step, effect, 'package.json'));
  const path = manifest && projectPath(project, posix.join(build.file.context, manifest.path));
  const source = project.otherTexts.find((file) => file.path === path);
  const parsed = source && parseYaml(source);
  const list = parsed?.ok === true ? get(parsed.value.root, 'devDependencies') : undefined;
  const names = list?.kind === 'map' ? list.entries.map(({ key }) => String(key.value)) : [];
  if (names.length === 0) return undefined;
  const isBuilt = /\bnpm\s+run\s+(?!start)|\b(?:tsc|esbuild|webpack|rollup)\b/u.test(text.slice(effect.span.end));
  return {
    message: `${nameList(names, { most: 4, shown: 3 })} of devDependencies ${names.length === 1 ? 'is' : 'are'} installed into the image`,
    at: { file: build.dockerfile.source, span: effect.span },
    advice: isBuilt ? 'install and build in a stage of its own, and COPY --from it what came out, with node_modules of `npm ci --omit=dev`' : 'add --omit=dev to the line',
  };
}
