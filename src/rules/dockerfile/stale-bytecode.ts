import { dirname, sep } from 'node:path';
import { dockerignoreFilter, parseDockerignore } from '../../syntax/dockerignore.ts';
import { installFlagSplices } from '../dependency-stage.ts';
import { dockerfileFix } from '../dockerfile-edit.ts';
import { copiedStages, shippedStages, type ImageBuild, type Step } from '../image-build.ts';
import { projectPath } from '../requirements-use.ts';
import { defineRule, type Cost, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** Python code that is compiled anew at each cold start. */
export const staleBytecode: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/stale-bytecode',
  subject: 'dockerfile',
  title: 'Python code without bytecode',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  after: ['dockerfile/build-tools-left-in-image', 'dockerfile/code-before-dependencies'],
  *check(build, context) {
    const stages = [...shippedStages(build), ...copiedStages(build)];
    const steps = stages.flatMap((stage) => stage.steps);
    if (steps.some(({ instruction }) => /compileall|py_compile|UV_COMPILE_BYTECODE/u.test(instruction.argument))) return;
    for (const step of steps) yield* draftsOf(build, step, steps);
    const own = shippedStages(build).flatMap((stage) => stage.steps).find((step) => step.copy?.sources.includes('.'));
    const large = own && ownSources(build, own, context);
    if (large) yield large;
  },
});

const importing: Cost = { kind: 'estimate', seconds: 1.2, formula: 'imports of boto3 and pandas took 1.7 s without bytecode and 0.4 s with it where measured, at each cold start' };

const deletes = /\bfind\b.*(?:\.pyc|__pycache__).*(?:-delete|\brm\b)/su;

function* draftsOf(build: ImageBuild, step: Step, steps: readonly Step[]): Iterable<Draft> {
  const file = build.dockerfile.source;
  for (const effect of step.effects) {
    const text = file.text.slice(effect.span.start, effect.span.end);
    if (effect.kind === 'pip-install' && effect.tool === 'pip' && effect.options.noCompile) {
      const flag = /\s--no-compile(?=\s|$)/u.exec(text);
      const isKept = !steps.some(({ instruction }) => deletes.test(instruction.argument));
      const at = flag && isKept && { start: effect.span.start + flag.index, end: effect.span.start + flag.index + flag[0].length };
      yield {
        message: 'pip is told not to compile: each cold start compiles the packages again', at: { file, span: effect.span }, cost: importing,
        ...(at ? { fix: dockerfileFix(build, 'let pip compile: the image grows by the bytecode, about a third of the packages', [{ ...at, text: '' }], 'unsafe') } : { advice: 'take PIP_NO_COMPILE out of what the image sets' }),
      };
    } else if (effect.kind === 'pip-install' && effect.tool === 'uv' && !effect.options.compileBytecode && !text.includes('--no-compile')) {
      const splices = installFlagSplices(build, step, '--compile-bytecode', (one) => one.tool === 'uv' && !one.options.compileBytecode);
      yield {
        message: 'uv does not compile what it installs unless it is told to: each cold start does', at: { file, span: effect.span }, cost: importing,
        ...(splices ? { fix: dockerfileFix(build, 'let uv compile what it installs', splices) } : { advice: 'add --compile-bytecode' }),
      };
    } else if (effect.kind === 'opaque' && /\buv\s+sync\b/u.test(text) && !/--compile-bytecode/u.test(text)) {
      yield { message: 'uv does not compile what it installs unless it is told to: each cold start does', at: { file, span: effect.span }, cost: importing, advice: 'add --compile-bytecode, or set UV_COMPILE_BYTECODE=1' };
    } else if (deletes.test(text)) {
      yield { message: 'bytecode is deleted here: each cold start compiles again what is imported', at: { file, span: effect.span }, cost: importing, advice: 'leave __pycache__ where it is; --no-cache-dir is what keeps pip from filling the image' };
    }
  }
}

/** Bytes of own sources from which on compiling them is felt. */
const noticeable = 2_000_000;

/** Sources that are copied as they are, when there are many of them. */
function ownSources(build: ImageBuild, copy: Step, { project }: RuleContext): Draft | undefined {
  const keeps = dockerignoreFilter(build.file.ignore ? parseDockerignore(build.file.ignore.text) : []);
  const prefix = projectPath(project, build.file.context);
  const files = project.pythonSources.filter(({ path }) => path.startsWith(build.file.context + sep) && keeps(path.slice(build.file.context.length + 1).split(sep).join('/')) && !/(?:^|[\\/])tests?(?:[\\/]|$)/u.test(dirname(path)));
  const bytes = files.reduce((sum, { source }) => sum + Buffer.byteLength(source.text), 0);
  if (bytes < noticeable) return undefined;
  return {
    message: `${files.length} Python files of ${prefix === '' ? 'the project' : prefix} (${(bytes / 1e6).toFixed(1)} MB) are copied without bytecode: those that are imported are compiled at each cold start`,
    at: { file: build.dockerfile.source, span: copy.instruction.span },
    cost: { kind: 'estimate', seconds: bytes / 7_600_000, formula: '7.6 MB of sources a second were compiled on a whole CPU, which a function has at 1,769 MB of memory' },
    advice: 'add `RUN python -m compileall -q --invalidation-mode unchecked-hash .` below it; `shear build` adds the same bytecode by itself',
  };
}
