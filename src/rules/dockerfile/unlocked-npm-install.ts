import { posix } from 'node:path';
import type { SourceFile } from '../../base/source.ts';
import { dockerfileFix } from '../dockerfile-edit.ts';
import { copiedStages, shippedStages, type ImageBuild, type StageSteps } from '../image-build.ts';
import { contextFiles } from '../layer-files.ts';
import { manifestInstalls, type ManifestInstall } from '../manifest-installs.ts';
import { copyThatBrings, imagePath, projectPath } from '../requirements-use.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** `npm install` in an image: versions are resolved anew whenever the layer is built, where `npm ci` takes the lockfile's. */
export const unlockedNpmInstall: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/unlocked-npm-install',
  subject: 'dockerfile',
  title: 'npm install without a lockfile, or not bound to it',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  *check(build, context) {
    for (const stage of [...shippedStages(build), ...copiedStages(build)]) {
      for (const install of manifestInstalls(build, stage)) {
        const draft = install.tool === 'npm' && !install.isClean ? draftOf(build, stage, install, context) : undefined;
        if (draft) yield draft;
      }
    }
  },
});

/** Flags that mean the same to `npm ci`. */
const shared = /^--(?:production|omit=\w+|omit|include=\w+|include|only=prod(?:uction)?|no-audit|no-fund|silent|quiet|loglevel=\w+|ignore-scripts|legacy-peer-deps|prefer-offline|no-progress|unsafe-perm)$/u;

function draftOf(build: ImageBuild, stage: StageSteps, install: ManifestInstall, { project }: RuleContext): Draft | undefined {
  const { step, effect } = install;
  const files = contextFiles(build, project);
  const manifest = copyThatBrings(stage, step, imagePath(step, effect, 'package.json'));
  if (!manifest || !files.some(({ path }) => path === manifest.path)) return undefined;
  const folder = posix.dirname(manifest.path);
  const lock = ['package-lock.json', 'npm-shrinkwrap.json'].find((name) => files.some(({ path }) => path === posix.join(folder, name)));
  const at = { file: build.dockerfile.source, span: effect.span };
  if (lock === undefined) return { message: 'npm resolves the versions of all packages anew whenever this layer is built: there is no package-lock.json', at, advice: 'run `npm install --package-lock-only`, keep package-lock.json with the code, copy it too and install with `npm ci`' };
  const isCopied = copyThatBrings(stage, step, imagePath(step, effect, lock))?.path === posix.join(folder, lock);
  if (!isCopied) return { message: `${lock} is not copied: npm resolves the versions of all packages anew whenever this layer is built`, at, advice: `copy ${lock} beside package.json and install with \`npm ci\`` };
  const draft: Draft = { message: `npm install may go beyond ${lock}: npm ci takes its versions alone`, severity: 'advice', at };
  const textOf = (path: string): SourceFile | undefined => project.otherTexts.find((source) => source.path === projectPath(project, posix.join(build.file.context, path)));
  const doubt = syncDoubt(textOf(manifest.path)?.text, textOf(posix.join(folder, lock))?.text, lock)
    ?? ((install.flags ?? []).every((flag) => shared.test(flag) || /^\w+$/u.test(flag)) ? undefined : 'it has options that npm ci may not take');
  const { text } = build.dockerfile.source;
  const verb = /\bnpm\s+(?<verb>install|i)\b/u.exec(text.slice(effect.span.start, effect.span.end));
  if (doubt !== undefined || !verb || step.instruction.form !== 'shell') return { ...draft, advice: `${doubt ?? 'the line is not a plain one'}; install with \`npm ci\`` };
  const end = effect.span.start + verb.index + verb[0].length;
  return { ...draft, fix: dockerfileFix(build, `install what ${lock} names`, [{ start: end - (verb.groups?.['verb'] ?? '').length, end, text: 'ci' }]) };
}

/** Why `npm ci` might refuse; undefined when the lockfile has the manifest's own ranges, so that both install the same. */
function syncDoubt(manifest: string | undefined, lock: string | undefined, name: string): string | undefined {
  if (manifest === undefined || lock === undefined) return `${name} was not read`;
  const [wanted, locked] = [parsed(manifest), parsed(lock)];
  const root = locked && Object(Object(locked['packages'])['']) as Record<string, unknown>;
  if (!wanted || !locked || !Object.hasOwn(Object(locked['packages']), '')) return `${name} is of an old format`;
  const isSame = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].every((key) => same(wanted[key], root?.[key]));
  return isSame && wanted['workspaces'] === undefined ? undefined : `${name} is not in step with package.json`;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}

function same(a: unknown, b: unknown): boolean {
  const entries = (value: unknown): string => JSON.stringify(Object.entries(Object(value ?? {}) as Record<string, unknown>).toSorted(([x], [y]) => (x < y ? -1 : 1)));
  return entries(a) === entries(b);
}
