import { posix } from 'node:path';
import type { Fix } from '../../edits/edit.ts';
import type { RunEffect } from '../../model/run-command.ts';
import type { ProjectFile } from '../../project/project.ts';
import { dockerfileFix, removeInstruction } from '../dockerfile-edit.ts';
import { shippedStages, type ImageBuild, type Step } from '../image-build.ts';
import { broughtBelow, contextFiles, copiedFiles } from '../layer-files.ts';
import { imagePath } from '../requirements-use.ts';
import { defineRule, evidence, type Cost, type Draft, type RuleDefinition } from '../rule.ts';

/** Files that are shipped twice: deleted, changed or unpacked in a later layer than the one that brought them. */
export const duplicateBytes: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/duplicate-bytes',
  subject: 'dockerfile',
  title: 'Files shipped twice, or deleted in a later layer',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  after: ['ffmpeg/oversized-ffmpeg', 'dockerfile/build-tools-left-in-image', 'dockerfile/code-before-dependencies'],
  *check(build, { project }) {
    const steps = shippedStages(build).flatMap((stage) => stage.steps);
    const files = contextFiles(build, project);
    for (const [index, step] of steps.entries()) {
      const look: Look = { build, step, before: steps.slice(0, index), files };
      for (const effect of step.effects) yield* draftsOf(effect, look);
      const again = copiedAgain(look);
      if (again) yield again;
    }
  },
});

/** Less is not worth a line (bytes). */
const least = 100_000;

interface Look {
  readonly build: ImageBuild;
  readonly step: Step;
  readonly before: readonly Step[];
  readonly files: readonly ProjectFile[];
}

function* draftsOf(effect: RunEffect, look: Look): Iterable<Draft> {
  if (effect.kind === 'os-packages' && effect.verb === 'upgrade' && effect.packages.length === 0) {
    yield {
      message: `${effect.manager} replaces packages of the base image: the old ones are shipped all the same`, at: { file: look.build.dockerfile.source, span: effect.span },
      cost: { kind: 'estimate', bytes: 50_000_000, formula: 'half of a base image of 100 MB, once it is some months old' },
      advice: 'build on a newer base image instead: its maintainers have replaced them',
    };
  }
  if (effect.kind === 'archive' && effect.archive !== '-') yield* unpacked(effect, look);
  if (effect.kind !== 'file-operation' || !['rm', 'chmod', 'chown', 'mv'].includes(effect.operation)) return;
  for (const path of effect.paths.map((one) => imagePath(look.step, effect, one))) {
    if (path === undefined || /[*?[]/u.test(path)) continue;
    const found = broughtBefore(path, look);
    if (found) yield changed(effect, path, found, look);
  }
}

interface Found {
  readonly step: Step;
  readonly bytes: number | undefined;
  readonly names: readonly string[];
}

/** What earlier layers brought at or below a path, if it is worth a line. */
function broughtBefore(path: string, { before, files }: Look): Found | undefined {
  const found = before.flatMap((step): readonly Found[] => {
    const brought = broughtBelow(step, path, files);
    return brought ? [{ step, ...brought }] : [];
  });
  const [first] = found;
  if (!first) return undefined;
  const bytes = found.some((one) => one.bytes === undefined) ? undefined : found.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
  return bytes !== undefined && bytes < least ? undefined : { step: first.step, bytes, names: found.flatMap((one) => one.names) };
}

function costOf(bytes: number | undefined): Cost | undefined {
  return bytes === undefined ? undefined : { kind: 'measured', bytes, formula: 'size of the files in the build context' };
}

type FileChange = RunEffect & { readonly kind: 'file-operation' };

function changed(effect: FileChange, path: string, found: Found, look: Look): Draft {
  const { operation } = effect;
  const { source } = look.build.dockerfile;
  const all = found.names.length === 1 && found.names[0] === path ? path : `what lies in ${path}`;
  const verb = operation === 'rm' ? 'is deleted here, in a later layer than the one that brings it: its bytes are shipped all the same' : `is shipped a second time, because ${operation} changes it in a later layer`;
  const draft: Draft = { message: `${all} ${verb}`, at: { file: source, span: effect.span }, cost: costOf(found.bytes), evidence: [evidence(source, found.step.instruction.span, 'brought here')] };
  const fix = flagFix(effect, found, look);
  if (fix) return { ...draft, fix };
  const advice = {
    rm: 'delete it in the same RUN that makes it, or do not copy it',
    mv: 'copy it to its place at once',
    chmod: 'set the mode in the repository (`git update-index --chmod=+x`), in the RUN that makes it, or by COPY --chmod, which needs BuildKit',
    chown: 'use COPY --chown, or chown in the RUN that makes it',
  };
  return { ...draft, advice: operation === 'rm' || operation === 'mv' || operation === 'chmod' ? advice[operation] : advice.chown };
}

/** `COPY --chown` or `--chmod` instead of a RUN that does nothing else to the very files of one COPY. */
function flagFix(effect: FileChange, found: Found, { build, step, before, files }: Look): Fix | undefined {
  const flag = effect.operation === 'chown' ? effect.owner : effect.mode;
  const isPlain = effect.operation === 'chown' ? /^[\w.-]+:[\w.-]+$/u.test(flag ?? '') : effect.operation === 'chmod' && /^0?[0-7]{3}$/u.test(flag ?? '') && needsBuildkit(build);
  const origin = found.step.instruction;
  if (!isPlain || flag === undefined || step.effects.length !== 1 || origin.keyword !== 'COPY' || step.instruction.flags.length > 0 || origin.form === 'exec') return undefined;
  if (origin.flags.some(({ name }) => name === 'chown' || name === 'chmod')) return undefined;
  const copied = copiedFiles(found.step, files).map(({ landing }) => landing);
  const changedPaths = effect.paths.map((one) => imagePath(step, effect, one));
  const isSame = copied.length === changedPaths.length && copied.length === found.step.copy?.sources.length && copied.every((one) => changedPaths.includes(one));
  // What runs between them may read the files, or make the user.
  const between = before.slice(before.indexOf(found.step) + 1).some(({ instruction }) => !['COPY', 'ENV', 'LABEL', 'WORKDIR', 'ARG'].includes(instruction.keyword));
  // Folders that COPY makes get the owner and mode too.
  const isMade = copied.some((one) => !standardFolders.has(posix.dirname(one)) && posix.dirname(one) !== found.step.folder);
  if (!isSame || between || isMade) return undefined;
  const at = origin.span.start + origin.keyword.length;
  const splice = { start: at, end: at, text: ` --${effect.operation}=${flag}` };
  return dockerfileFix(build, `let COPY set what ${effect.operation} sets`, [splice, removeInstruction(build, step.instruction)]);
}

/** Folders that every Linux image has. */
const standardFolders: ReadonlySet<string> = new Set(['/', '/opt', '/tmp', '/usr/local/bin', '/usr/bin', '/bin']);

/** True when the Dockerfile has what the classic builder, which `sam build` takes by default, does not understand. */
function needsBuildkit(build: ImageBuild): boolean {
  return build.dockerfile.stages.some((stage) => stage.instructions.some(({ heredocs, flags }) => heredocs.length > 0 || flags.some(({ name }) => name === 'mount' || name === 'chmod' || name === 'link')));
}

/** An archive of an earlier layer, or of the same RUN without being deleted, beside what was in it. */
function* unpacked(effect: RunEffect & { readonly kind: 'archive' }, look: Look): Iterable<Draft> {
  const { build, step } = look;
  const path = imagePath(step, effect, effect.archive);
  if (path === undefined) return;
  const found = broughtBefore(path, look);
  const own = found ? undefined : broughtBelow(step, path, look.files);
  const { source } = build.dockerfile;
  if (!found && !own) return;
  const name = posix.basename(path);
  const isCopied = found?.step.copy !== undefined;
  const canAdd = isCopied && effect.tool === 'tar' && effect.members.length === 0 && effect.stripComponents === 0;
  yield {
    message: `${name} is shipped packed and unpacked`, at: { file: source, span: effect.span }, cost: costOf(found?.bytes),
    evidence: found ? [evidence(source, found.step.instruction.span, 'brought here')] : [],
    advice: canAdd ? `ADD ${name} unpacks it by itself` : isCopied ? 'unpack it in a stage of its own and COPY --from what is needed' : `delete ${path} in the same RUN`,
  };
}

/** Files that an earlier COPY has brought already, to the same place or another. */
function copiedAgain({ build, step, before, files }: Look): Draft | undefined {
  if (!step.copy) return undefined;
  const earlier = new Map<string, Step>();
  for (const other of before) for (const { path } of copiedFiles(other, files)) earlier.set(path, other);
  const again = copiedFiles(step, files).filter(({ path }) => earlier.has(path));
  const bytes = again.reduce((sum, { size }) => sum + size, 0);
  const [first] = again.toSorted((a, b) => b.size - a.size);
  const origin = first && earlier.get(first.path);
  if (!first || !origin || bytes < 1_000_000) return undefined;
  const { source } = build.dockerfile;
  return {
    message: `${again.length === 1 ? first.path : `${first.path} and ${again.length - 1} other files`} ${again.length === 1 ? 'is' : 'are'} copied a second time`,
    at: { file: source, span: step.instruction.span }, cost: costOf(bytes), evidence: [evidence(source, origin.instruction.span, 'first here')],
    advice: 'name what the second COPY is for, or take the first one out',
  };
}
