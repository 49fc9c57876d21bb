import { relative, resolve, sep } from 'node:path';
import { existingLayers, type WrittenLayer } from '../written-layers.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** Lambda layers of packages whose versions nobody can tell. */
export const opaqueLayer: RuleDefinition<'template'> = defineRule({
  id: 'dependencies/opaque-layer',
  subject: 'template',
  title: 'Lambda layer that nothing says the content of',
  severity: 'advice',
  since: '0.2.0',
  status: 'stable',
  safety: 'manual',
  *check(template, context) {
    for (const layer of existingLayers(template, context)) {
      const draft = draftOf(layer, context);
      if (draft) yield { ...draft, at: { file: template.source, span: layer.content.span } };
    }
  },
});

/** Another name for what tells packages. */
const manifest = /(?:^|\/)(?:requirements[\w.-]*\.txt|pyproject\.toml|pipfile|package\.json|gemfile|go\.mod|cargo\.toml|makefile)$/iu;

function draftOf({ logicalId, template, text, buildMethod }: WrittenLayer, { project }: RuleContext): Omit<Draft, 'at'> | undefined {
  if (buildMethod !== undefined || !project.areFilesComplete || !project.areDeveloperFilesComplete) return undefined;
  const path = relative(project.folder, resolve(template.folder, text)).split(sep).join('/');
  const name = path.split('/').at(-1) ?? path;
  // A script may make it, out of what it names.
  const texts = [...project.developerFiles, ...project.otherTexts].filter((file) => !/\.(?:md|rst|txt|adoc)$/iu.test(file.path));
  if (path === '' || texts.some((file) => file.text.includes(name))) return undefined;
  const folder = path.split('/').slice(0, -1).join('/');
  if (/\.zip$/iu.test(name)) {
    const isThere = project.files.some((file) => file.path === path);
    const isTold = project.files.some((file) => manifest.test(file.path) && file.path.split('/').slice(0, -1).join('/') === folder && folder !== '');
    return isThere && !isTold ? { message: `${logicalId} is ${path} as it was put there: nothing tells which packages are in it and of which versions, and nobody can build it anew`, advice: remedy } : undefined;
  }
  if (path.startsWith('../') || project.files.some((file) => file.path.startsWith(`${path}/`))) return undefined;
  return { message: `${logicalId} takes ${path} as it is, which is not in the project: whoever builds has to fill it by hand first, with whatever versions are current then`, advice: remedy };
}

const remedy = 'let sam build it: a folder with a requirements.txt that names versions as ContentUri, and Metadata with BuildMethod, such as python3.13';
