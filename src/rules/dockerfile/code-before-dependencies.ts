import { dirname, posix, relative, resolve, sep } from 'node:path';
import type { Project, ProjectFile } from '../../project/project.ts';
import { dockerignoreFilter, parseDockerignore } from '../../syntax/dockerignore.ts';
import { reorderDoubt } from '../copy-order.ts';
import { dockerfileFix } from '../dockerfile-edit.ts';
import type { ImageBuild, StageSteps, Step } from '../image-build.ts';
import { contextFiles } from '../layer-files.ts';
import { manifestInstalls, nodeManifests, type Manifest, type ManifestInstall } from '../manifest-installs.ts';
import { manifestFirst } from '../manifest-first.ts';
import { copyThatBrings, imagePath } from '../requirements-use.ts';
import { defineRule, evidence, type Cost, type Draft, type RuleDefinition } from '../rule.ts';

/** Sources copied before dependencies are installed: each change of the code installs all of them again. */
export const codeBeforeDependencies: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/code-before-dependencies',
  subject: 'dockerfile',
  title: 'Code copied before dependencies are installed',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  after: ['ffmpeg/oversized-ffmpeg', 'dockerfile/unfiltered-build-context'],
  *check(build, { project }) {
    const files = contextFiles(build, project);
    for (const stage of build.stages) {
      const draft = checkStage({ build, stage, project, files });
      if (draft) yield draft;
    }
  },
});

interface Look {
  readonly build: ImageBuild;
  readonly stage: StageSteps;
  readonly project: Project;
  /** Of the context, as the ignore file leaves them. */
  readonly files: readonly ProjectFile[];
}

function checkStage(look: Look): Draft | undefined {
  const { build, stage } = look;
  const installs = manifestInstalls(build, stage);
  const last = installs.at(-1)?.step;
  const [first] = installs;
  if (!last || !first || installs.some((install) => needsSources(install, look))) return undefined;
  const found = installs.map((install) => manifestsOf(install, look));
  const manifests = found.flatMap((one) => (typeof one === 'string' ? [] : one));
  const paths = new Set(manifests.map((one) => one.path));
  const early = stage.steps.filter((step) => step.index < last.index && step.copy?.sources.some((source) => !paths.has(source) && isCode(source, look.files)));
  const [start] = early;
  if (!start) return undefined;
  const { source } = build.dockerfile;
  const names = [...new Set(installs.map(({ manifest }) => manifest))].join(', ');
  const draft: Draft = {
    message: `the code is copied before ${names} is installed: every change of it installs all dependencies again`,
    at: { file: source, span: start.instruction.span },
    evidence: [evidence(source, first.step.instruction.span, 'installed here')],
    cost: costOf(installs, manifests, look),
  };
  const clobber = clobbered(installs, early, look);
  const doubt = found.find((one): one is string => typeof one === 'string') ?? reorderDoubt({ ...look, installs, early, last, manifests }) ?? (clobber?.isMendable === false ? 'a node_modules of the context would be copied over what is installed: add node_modules to .dockerignore' : undefined);
  if (doubt === undefined && clobber) return { ...draft, waitsFor: 'dockerfile/unfiltered-build-context' };
  if (doubt !== undefined) return { ...draft, advice: `${doubt}; copy the manifest alone, install, then copy the code` };
  return { ...draft, fix: dockerfileFix(build, 'copy the manifest first and the code last', manifestFirst(build, early, last, manifests)) };
}

/** Binaries, archives, models and settings change as rarely as dependencies do. */
function isCode(source: string, files: readonly ProjectFile[]): boolean {
  if (/ff(?:mpeg|probe)/iu.test(source)) return false;
  if (source === '.' || /[*?[]/u.test(source)) return true;
  if (/\.(?:py|[cm]?[jt]sx?|rb|go|java|kt|cs|php|rs|sh)$/iu.test(source)) return true;
  // Pipfile and .eslintrc are files; what is not there is taken for a folder of sources.
  return posix.extname(source) === '' && !posix.basename(source).startsWith('.') && !/file$/u.test(source) && !files.some(({ path }) => path === source);
}

function needsSources({ effect }: ManifestInstall, { build, project, stage }: Look): boolean {
  if (effect.kind !== 'pip-install') return false;
  if (effect.editables.length > 0 || effect.requirements.some((text) => /^\.|\//u.test(text))) return true;
  // A requirements file may name folders of the context too.
  const files = stage.steps.flatMap((step) => effect.requirementsFiles.flatMap((name) => copyThatBrings(stage, { ...step, index: step.index + 1 }, imagePath(step, effect, name))?.path ?? []));
  const paths = new Set(files.map((path) => resolve(build.file.context, path)));
  return project.requirements.some(({ path, requirements }) => paths.has(path) && requirements.lines.some((line) => (line.kind === 'editable' || line.kind === 'location') && !/^\w+(?:\+\w+)?:/u.test(line.target)));
}

/** The manifests of an install, or why they cannot be told. */
function manifestsOf(install: ManifestInstall, look: Look): readonly Manifest[] | string {
  const { step, effect, tool } = install;
  if (tool === 'other' && /--no-root|--no-install-project|--no-dev.*\|/u.test(commandOf(install, look))) return `it reads ${install.manifest} and pyproject.toml alone`;
  if (tool === 'other') return otherAdvice[install.manifest] ?? 'what it reads beside the manifest is not known';
  if (effect.kind !== 'pip-install') return nodeManifests(look.build, look.stage, install, look);
  const found = [...effect.requirementsFiles, ...effect.constraintFiles].map((name): Manifest | undefined => {
    const brought = copyThatBrings(look.stage, step, imagePath(step, effect, name));
    return brought && { path: brought.path, broughtBy: brought.step, usedBy: step };
  });
  if (found.some((one) => one === undefined)) return 'where the requirements file comes from cannot be told';
  return found.flatMap((one) => (one ? withIncludes(one, look) : []));
}

function commandOf({ step }: ManifestInstall, { build }: Look): string {
  return build.dockerfile.source.text.slice(step.instruction.span.start, step.instruction.span.end);
}

const otherAdvice: Readonly<Record<string, string>> = {
  'poetry.lock': 'poetry installs the code too unless it is given --no-root', 'uv.lock': 'uv installs the code too unless it is given --no-install-project',
};

/** A manifest and the files that it includes, which have to be there with it. */
function withIncludes(manifest: Manifest, { build, project }: Look): readonly Manifest[] {
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

/** When the host's node_modules would be copied over what was installed; `isMendable` by an entry in the ignore file. */
function clobbered(installs: readonly ManifestInstall[], early: readonly Step[], { build }: Look): { readonly isMendable: boolean } | undefined {
  const node = installs.filter(({ tool }) => tool === 'npm' || tool === 'yarn' || tool === 'pnpm');
  const { ignore } = build.file;
  const keeps = dockerignoreFilter(ignore ? parseDockerignore(ignore.text) : []);
  const isTaken = early.some((step) => step.copy?.sources.some((source) => source === '.' ? keeps('node_modules/x/index.js') : posix.extname(source) === '' && keeps(`${source}/node_modules/x/index.js`)));
  if (node.length === 0 || !isTaken) return undefined;
  return { isMendable: node.every(({ isClean }) => isClean) && early.some((step) => step.copy?.sources.includes('.') === true) };
}

function costOf(installs: readonly ManifestInstall[], manifests: readonly Manifest[], { build, project }: Look): Cost {
  const files = new Set(manifests.map((one) => resolve(build.file.context, one.path)));
  const lines = project.requirements.filter((one) => files.has(one.path)).flatMap((one) => one.requirements.lines);
  const isPip = installs.every(({ tool }) => tool === 'pip');
  const seconds = 8 + 1.5 * lines.filter((line) => line.kind === 'requirement').length;
  return { kind: 'estimate', seconds, formula: isPip ? '8 s and 1.5 s for each requirement, per build after a change' : '8 s per build after a change; more with many packages' };
}

