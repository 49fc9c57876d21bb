import { buildKitNeed } from '../buildkit-need.ts';
import { imageBuilds } from '../image-build.ts';
import { compileKey } from '../knowledge.ts';
import { nameList } from '../name-list.ts';
import { requirementsUses } from '../requirements-use.ts';
import { hasSection, optionOf, profilePlace, profilesOf, runsWithout, samCommand } from '../sam-profiles.ts';
import { optionsFix, type Setting } from '../samconfig-edit.ts';
import { defineRule, evidence, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** Parameters of `sam build` that do not suit what the project builds. */
export const unfitBuildParameters: RuleDefinition<'samconfig'> = defineRule({
  id: 'samconfig/unfit-build-parameters',
  subject: 'samconfig',
  title: 'Build parameters that do not suit the functions',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  after: ['samconfig/serial-build', 'dockerfile/code-before-dependencies', 'dockerfile/build-tools-left-in-image'],
  *check(_, context) {
    const draft = withoutBuildKit(context);
    if (draft) yield draft;
    for (const profile of profilesOf(context.project)) {
      yield* needlessContainer(profile, context);
      yield* idleOptions(profile, context);
    }
  },
});

/** Image functions whose builds go to the classic builder. */
function withoutBuildKit(context: RuleContext): Draft | undefined {
  const { project, model } = context;
  const builds = imageBuilds(model);
  const profiles = profilesOf(project).filter((profile) => !optionOf(project, profile, 'build', 'use_buildkit'));
  const [first] = profiles;
  if (builds.length === 0 || first === undefined) return undefined;
  const settings = profiles.map((profile): Setting => ({ profile, command: 'build', key: 'use_buildkit', value: true }));
  const remedy = optionsFix(project.samconfig, settings, 'build images by BuildKit (sam 1.156 or later, Docker with buildx)');
  const at = profilePlace(first, 'build', context);
  const without = runsWithout('build', 'use_buildkit = true', profiles);
  const [need] = builds.flatMap((build) => {
    const found = buildKitNeed(build.dockerfile);
    return found ? [{ ...found, source: build.dockerfile.source }] : [];
  });
  if (need) {
    return {
      message: `${without}: Docker's classic builder refuses ${need.what} of ${need.source.path}, so the image is not built`,
      at, severity: 'error', evidence: [evidence(need.source, need.instruction.span, 'needs BuildKit')], ...remedy,
    };
  }
  return {
    message: `${without}: the classic builder is sent the whole build context each time, and builds one stage after the other`,
    at,
    // It asks for a program that may not be here.
    ...('fix' in remedy ? { fix: { ...remedy.fix, safety: 'unsafe' as const } } : remedy),
  };
}

/** `use_container` where pip needs no compiler. */
function* needlessContainer(profile: string, context: RuleContext): Iterable<Draft> {
  const { project, model } = context;
  const option = optionOf(project, profile, 'build', 'use_container');
  if (option?.value !== true || !project.samconfig) return;
  const zips = model.functions.flatMap((one) => (one.package.kind === 'zip' ? [one.package] : []));
  const layers = model.layers.filter((one) => one.buildMethod !== undefined);
  const at = { file: project.samconfig.source, span: option.span };
  if (zips.length === 0 && layers.length === 0) {
    if (imageBuilds(model).length > 0) yield { message: `use_container = true does nothing in ${profile}: image functions are built by Docker anyway`, at, advice: 'take it out' };
    return;
  }
  const isPython = zips.every((one) => one.runtime.startsWith('python') && one.buildMethod === undefined) && layers.every((one) => one.buildMethod?.startsWith('python') === true);
  if (!isPython || !areWheelsOnly(context)) return;
  yield {
    message: `use_container = true in ${profile} builds in a container what needs no compiler: every package has a wheel for Lambda, and sam's incremental builds are off`,
    at,
    advice: "take it out where the functions' Python is installed",
  };
}

/** Known of every requirements file of zip functions and Lambda layers, not assumed. */
function areWheelsOnly({ project, model, knowledge }: RuleContext): boolean {
  const uses = requirementsUses(project, model);
  return uses.length > 0 && uses.every((use) => {
    const targets = use.targets ?? [];
    return targets.length > 0 && targets.every((target) => knowledge.compiled.get(compileKey(use.source.requirements.source.text, target))?.isWheelsOnly === true);
  });
}

const containerOptions = ['container_env_var', 'container_env_var_file', 'build_image', 'mount_with'];

/** Options that count only beside another one, or for other runtimes. */
function* idleOptions(profile: string, context: RuleContext): Iterable<Draft> {
  const { project, model } = context;
  if (!project.samconfig || !hasSection(project, profile, 'build')) return;
  const file = project.samconfig.source;
  const idle = containerOptions.flatMap((name) => optionOf(project, profile, 'build', name) ?? []);
  const [first] = idle;
  if (first && optionOf(project, profile, 'build', 'use_container')?.value !== true) {
    yield {
      message: `${nameList(idle.map(({ name }) => name))} of \`${samCommand('build', profile)}\` ${idle.length === 1 ? 'counts' : 'count'} only with --use-container, which samconfig does not set`,
      at: { file, span: first.span },
      advice: 'set use_container = true if the build needs a container, or take the rest out',
    };
  }
  const inSource = optionOf(project, profile, 'build', 'build_in_source');
  const zips = model.functions.flatMap((one) => (one.package.kind === 'zip' ? [one.package] : []));
  const unable = zips.filter((one) => one.buildMethod === undefined && /^(?:python|ruby|java)/u.test(one.runtime));
  if (inSource?.value === true && zips.length > 0 && unable.length === zips.length) {
    const runtimes = [...new Set(unable.map(({ runtime }) => runtime))];
    yield { message: `build_in_source = true does nothing in ${profile}: sam cannot build ${nameList(runtimes)} in the source folder, and warns each time`, at: { file, span: inSource.span }, advice: 'take it out' };
  }
}
