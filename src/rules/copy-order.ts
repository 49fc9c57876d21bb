import { posix } from 'node:path';
import type { ProjectFile } from '../project/project.ts';
import type { ImageBuild, StageSteps, Step } from './image-build.ts';
import { copiedFiles, isAtOrBelow } from './layer-files.ts';
import type { Manifest, ManifestInstall } from './manifest-installs.ts';
import { imagePath } from './requirements-use.ts';

/** What is to change places. */
export interface Reordering {
  readonly build: ImageBuild;
  readonly stage: StageSteps;
  readonly files: readonly ProjectFile[];
  readonly installs: readonly ManifestInstall[];
  /** COPY instructions to go behind the last install. */
  readonly early: readonly Step[];
  readonly last: Step;
  readonly manifests: readonly Manifest[];
}

/** Why copies cannot go behind an install, a sentence without full stop; undefined when the image stays the same. */
export function reorderDoubt(given: Reordering): string | undefined {
  const { stage, early, last, manifests, installs } = given;
  const [start] = early;
  if (!start) return 'there is nothing to move';
  if (manifests.some((one) => one.path.startsWith('../'))) return 'a requirements file lies outside the context';
  if (early.some((step) => step.instruction.form === 'exec')) return 'its COPY is written as a list';
  if (early.some((step) => step.instruction.keyword === 'ADD' && step.copy?.sources.some((source) => /^\w+:|\.(?:tar|tgz|gz|bz2|xz|zst)$/iu.test(source)))) return 'it unpacks or downloads with ADD';
  const isInstall = (effect: unknown): boolean => installs.some((one) => one.effect === effect);
  for (const step of stage.steps.slice(start.index + 1, last.index + 1)) {
    const { keyword } = step.instruction;
    if (keyword === 'WORKDIR' && !early.every(isAnchored)) return 'WORKDIR stands between the COPY and the install';
    if (keyword === 'SHELL' || keyword === 'VOLUME' || keyword === 'ONBUILD') return `${keyword} stands between the COPY and the install`;
    const unclear = step.effects.find((effect) => !isInstall(effect) && !['pip-install', 'tool-upgrade', 'os-packages', 'no-operation'].includes(effect.kind));
    if (unclear) return `the RUN between them may need the code${unclear.kind === 'opaque' ? `: ${unclear.reason}` : ''}`;
    if (step.effects.some((effect) => effect.kind === 'pip-install' && (effect.editables.length > 0 || effect.requirements.some((text) => /^\.|\//u.test(text))))) return 'an install between them needs the code';
  }
  return overlap(given);
}

/** True when an instruction's destination does not depend on WORKDIR, nor its owner on who makes the folder. */
function isAnchored({ instruction }: Step): boolean {
  return /^["']?[/$]/u.test(instruction.words.at(-1)?.text ?? '') && !instruction.flags.some(({ name }) => name === 'chown');
}

/** Files that two instructions put in one place would come out the other way round. */
function overlap({ stage, early, last, files, installs }: Reordering): string | undefined {
  const [start] = early;
  const moved = early.flatMap((step) => copiedFiles(step, files).map(({ landing }) => landing));
  const others = stage.steps.filter((step) => step.index > (start?.index ?? 0) && step.index < last.index && !early.includes(step));
  const landed = new Set(others.flatMap((step) => copiedFiles(step, files).filter(({ path }) => !early.some((one) => copiedFiles(one, files).some((other) => other.path === path))).map(({ landing }) => landing)));
  if (moved.some((path) => landed.has(path))) return 'another COPY between them puts files in the same places';
  for (const { instruction, folder } of others) {
    const target = instruction.words.at(-1)?.text;
    if (!instruction.flags.some(({ name }) => name === 'from') || target === undefined || folder === undefined || target.includes('$')) continue;
    const destination = posix.resolve(folder, target);
    if (destination !== '/' && moved.some((path) => isAtOrBelow(path, destination)) && !/\/bin$/u.test(destination)) return 'a COPY --from between them puts files in the same places';
  }
  const folders = new Set(moved.map((path) => posix.basename(posix.dirname(path))));
  for (const { effect, step } of installs) {
    if (effect.kind !== 'pip-install' || effect.location.kind !== 'target') continue;
    const target = imagePath(step, effect, effect.location.path);
    const names = target === undefined ? [] : moved.filter((path) => isAtOrBelow(path, target)).map((path) => posix.relative(target, path).split('/')[0]?.replace(/\.py$/u, '') ?? '');
    const clash = names.find((name) => folders.has(name) && isPackage(name));
    if (clash !== undefined) return `the code has a folder ${clash}, as a package has that is installed beside it`;
  }
  return undefined;
}

/** Names of well-known packages that people copy into their sources. */
function isPackage(name: string): boolean {
  return /^(?:requests|urllib3|certifi|idna|chardet|boto3|botocore|numpy|pandas|PIL|yaml|six|dateutil|jmespath|s3transfer|bs4|lxml|psycopg2|pymysql|sqlalchemy|flask|jinja2|click|attr|pytz|redis|google|typing_extensions|cffi|cryptography)$/iu.test(name);
}
