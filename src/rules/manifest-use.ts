import type { LambdaFunction, LambdaLayer } from '../model/function.ts';
import { pythonManifests, type ManifestTool, type PythonManifest } from '../model/python-manifest.ts';
import { finalSteps, imageBuilds, type ImageBuild } from './image-build.ts';
import { nameList } from './name-list.ts';
import { familyOf, projectPath, stagesOfImage, type Served } from './requirements-use.ts';
import type { RuleContext } from './rule.ts';

/** A manifest of Poetry, Pipenv, uv or PDM with what is built from its folder. */
export interface ManifestUse {
  readonly manifest: PythonManifest;
  /** Zip functions whose code folder it stands in. */
  readonly functions: readonly LambdaFunction[];
  readonly layers: readonly LambdaLayer[];
  /** Images whose Dockerfile installs from it. */
  readonly images: readonly ImageBuild[];
  /** True when a requirements.txt stands beside it, from which sam and pip install. */
  readonly hasRequirements: boolean;
}

/** Every manifest that a function, Lambda layer or image is built beside. */
export function manifestUses({ project, model }: RuleContext): readonly ManifestUse[] {
  return pythonManifests(project).flatMap((manifest) => {
    const isHere = (folder: string | undefined): boolean => folder !== undefined && projectPath(project, folder) === manifest.folder;
    const functions = model.functions.filter((one) => one.package.kind === 'zip' && /^python/u.test(one.package.runtime) && isHere(one.package.codeFolder));
    const layers = model.layers.filter((one) => isHere(one.contentFolder) && /^python/u.test(one.buildMethod ?? ''));
    const images = imageBuilds(model).filter((build) => isHere(build.file.context) && installsFrom(build, manifest));
    const hasRequirements = project.files.some(({ path }) => path === (manifest.folder === '' ? 'requirements.txt' : `${manifest.folder}/requirements.txt`));
    return functions.length + layers.length + images.length === 0 ? [] : [{ manifest, functions, layers, images, hasRequirements }];
  });
}

/** Whatever a manifest serves, as code is looked at. */
export function servedByManifest({ functions, layers, images }: ManifestUse): readonly Served[] {
  return [
    ...functions.map((subject): Served => ({ kind: 'zip', subject })),
    ...layers.map((subject): Served => ({ kind: 'layer', subject })),
    ...images.map((build): Served => {
      const final = finalSteps(build);
      return { kind: 'image', build, family: final && familyOf(build, final) };
    }),
  ];
}

const installers = /\b(?:poetry|pipenv|pdm)\b|\buv\s+(?:sync|export|pip\s+install\s+(?:\S+\s+)*-r\s+pyproject)|\bpip[\d.]*\s+install\s+(?:\S+\s+)*\.(?:\s|$|\[)/u;

function installsFrom(build: ImageBuild, { source }: PythonManifest): boolean {
  const steps = stagesOfImage(build).flatMap((stage) => stage.steps);
  const name = source.path.split('/').at(-1) ?? '';
  const isThere = steps.some(({ copy }) => copy?.sources.some((one) => one === '.' || one === name || /[*?]/u.test(one)) === true) || steps.some(({ instruction }) => instruction.flags.some((flag) => flag.name === 'mount'));
  return isThere && steps.some(({ instruction }) => instruction.keyword === 'RUN' && installers.test(instruction.argument));
}

/** Commands of each tool, to be pasted. */
export const toolCommands: Readonly<Record<ManifestTool, { readonly lock: string; readonly remove: string; readonly exported: string }>> = {
  poetry: { lock: 'poetry lock', remove: 'poetry remove', exported: 'poetry export -o requirements.txt' },
  pipenv: { lock: 'pipenv lock', remove: 'pipenv uninstall', exported: 'pipenv requirements --hash > requirements.txt' },
  uv: { lock: 'uv lock', remove: 'uv remove', exported: 'uv export --no-dev --no-emit-project -o requirements.txt' },
  pdm: { lock: 'pdm lock', remove: 'pdm remove', exported: 'pdm export --prod -o requirements.txt' },
};

/** For a pyproject.toml that no tool has set its mark on. */
export const compileCommand = 'uv pip compile pyproject.toml --generate-hashes -o requirements.txt';

/** `One, Two and Three`; `One, Two, Three, Four and 3 more`. */
export function listedNames(names: readonly string[], joint: 'and' | 'or' = 'and'): string {
  return nameList(names, { joint, most: 4 });
}
