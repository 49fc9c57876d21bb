import { dockerfileFix } from '../dockerfile-edit.ts';
import { shippedStages, type ImageBuild, type StageSteps, type Step } from '../image-build.ts';
import { cleaningOf, cleaningSplice, distributionOf, leavesLists, type Distribution } from '../package-lists.ts';
import { defineRule, evidence, type Cost, type Draft, type RuleDefinition } from '../rule.ts';
import type { OsPackageManager } from '../../model/run-command.ts';

/** OS packages in the image without versions, with recommended ones, or with the lists left behind. */
export const unpinnedOsPackages: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/unpinned-os-packages',
  subject: 'dockerfile',
  title: 'OS packages without versions, or with more than was asked for',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  after: ['ffmpeg/oversized-ffmpeg', 'dockerfile/build-tools-left-in-image', 'dockerfile/code-before-dependencies'],
  *check(build) {
    const shipped = shippedStages(build);
    const lists = shipped.flatMap((stage) => stage.steps.flatMap((step) => {
      const distribution = leavesLists(build, step);
      return distribution === undefined ? [] : [{ stage, step, distribution }];
    }));
    const left = leftLists(build, lists);
    if (left) yield left;
    const loose = looseInstalls(build, shipped);
    if (loose) yield loose;
  },
});

interface Lists {
  readonly stage: StageSteps;
  readonly step: Step;
  readonly distribution: Distribution;
}

/** One finding for all RUNs of a Dockerfile, and one edit. */
function leftLists(build: ImageBuild, lists: readonly Lists[]): Draft | undefined {
  const [first, ...others] = lists;
  if (!first) return undefined;
  const file = build.dockerfile.source;
  const names = [...new Set(lists.map(({ distribution }) => (distribution === 'debian' ? 'apt-get' : distribution === 'alpine' ? 'apk' : distribution)))];
  const draft: Draft = {
    message: `${names.join(' and ')} ${names.length === 1 ? 'leaves its' : 'leave their'} package lists in the image${lists.length > 1 ? `, in ${lists.length} layers` : ''}`,
    severity: 'warning',
    at: { file, span: first.step.instruction.span },
    cost: costOf(lists),
    evidence: others.map(({ step }) => evidence(file, step.instruction.span, 'and here')),
  };
  const splices = lists.map(({ stage, step, distribution }) => cleaningSplice(build, stage, step, distribution));
  const [why] = splices.filter((one) => typeof one === 'string');
  if (why !== undefined) return { ...draft, advice: /one RUN$/u.test(why) ? why : `${why}; take them away in the same RUN: \`${cleaningOf(first.distribution)}\`` };
  return { ...draft, fix: dockerfileFix(build, 'take the lists away in the line that fetches them', splices.flatMap((one) => (typeof one === 'string' ? [] : [one]))) };
}

function costOf(lists: readonly Lists[]): Cost {
  const bytes = lists.reduce((sum, { distribution }) => sum + (distribution === 'debian' ? 20_000_000 : distribution === 'alpine' ? 2_000_000 : 40_000_000), 0);
  return { kind: 'estimate', bytes, formula: "Debian's lists are about 20 MB, the metadata of yum and dnf about 40 MB, Alpine's 2 MB, per line that fetches them" };
}

/** Packages without versions, and those that apt recommends. */
function looseInstalls(build: ImageBuild, shipped: readonly StageSteps[]): Draft | undefined {
  const installs = shipped.flatMap((stage) => stage.steps.flatMap((step) => step.effects.flatMap((effect) => (effect.kind === 'os-packages' && effect.verb === 'install' && effect.packages.length > 0 ? [{ stage, effect }] : []))));
  const unversioned = installs.filter(({ stage, effect }) => !isFixedByBase(stage, effect.manager)).flatMap(({ effect }) => effect.packages.filter((name) => !/=|-\d+[.:]\d|\.rpm$|\.deb$|^\.?\/|^https?:/u.test(name)));
  const recommending = installs.filter(({ effect }) => distributionOf(effect.manager) === 'debian' && !effect.isMinimal);
  const [first] = recommending.length > 0 ? recommending : installs.filter(({ effect }) => effect.packages.some((name) => unversioned.includes(name)));
  if (!first) return undefined;
  const parts = [
    ...(unversioned.length > 0 ? [`${listed(unversioned)} ${unversioned.length === 1 ? 'is' : 'are'} installed in whatever version is current`] : []),
    ...(recommending.length > 0 ? [`apt-get also installs what ${unversioned.length > 0 ? 'they' : listed(recommending.flatMap(({ effect }) => effect.packages))} recommend`] : []),
  ];
  const advice = [
    ...(unversioned.length > 0 ? ['give versions where another one would break the function'] : []),
    ...(recommending.length > 0 ? ['add --no-install-recommends, and name what is then missing'] : []),
  ];
  return { message: parts.join('; '), at: { file: build.dockerfile.source, span: first.effect.span }, advice: advice.join('; ') };
}

/** Amazon Linux 2023 has a repository for each release of its image: the base's digest fixes the versions. */
function isFixedByBase({ base }: StageSteps, manager: OsPackageManager): boolean {
  const isDnf = manager === 'dnf' || manager === 'microdnf';
  return isDnf && /(?:^|\/)lambda\/|amazonlinux/u.test(base);
}

function listed(names: readonly string[]): string {
  const all = [...new Set(names)];
  return all.length > 4 ? `${all.slice(0, 3).join(', ')} and ${all.length - 3} more packages` : all.join(', ');
}
