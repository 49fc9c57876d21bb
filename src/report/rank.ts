import type { Finding } from '../rules/check.ts';
import type { Cost, Severity } from '../rules/rule.ts';

/** Findings of one rule that are of one kind, the heaviest first. */
export interface FindingGroup {
  readonly first: Finding;
  readonly others: readonly Finding[];
}

/** As many groups are shown at first. */
const mostShown = 8;

/** Findings of one rule, severity and outcome together, those that matter most first. */
export function rankedGroups(findings: readonly Finding[]): readonly FindingGroup[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = [finding.rule, finding.severity, standing(finding)].join(' ');
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()]
    .flatMap((group): readonly FindingGroup[] => {
      const [first, ...others] = group.toSorted((a, b) => weight(b.cost) - weight(a.cost));
      return first ? [{ first, others }] : [];
    })
    .toSorted(byImportance);
}

/** The groups to show at first, which all errors are among, and the rest. */
export function foldedGroups(groups: readonly FindingGroup[]): { readonly shown: readonly FindingGroup[]; readonly rest: readonly FindingGroup[] } {
  const errors = groups.filter(({ first }) => first.severity === 'error').length;
  // A fold that hides one line would take as much room itself.
  const most = groups.length <= mostShown + 1 ? groups.length : Math.max(mostShown, errors);
  return { shown: groups.slice(0, most), rest: groups.slice(most) };
}

const severities: readonly Severity[] = ['error', 'warning', 'advice'];

function byImportance({ first: a, others: moreOfA }: FindingGroup, { first: b, others: moreOfB }: FindingGroup): number {
  return severities.indexOf(a.severity) - severities.indexOf(b.severity) || weight(b.cost) - weight(a.cost) || standing(a) - standing(b) || moreOfB.length - moreOfA.length;
}

/** What can be had by a word comes before what asks for thought. */
function standing(finding: Finding): number {
  if (finding.safety === 'safe') return 0;
  return finding.asksFirst ? 1 : finding.safety === 'unsafe' ? 2 : 3;
}

/** Costs of different kinds in seconds, for their order alone: 10 MB take about a second to move, a dollar a month weighs ten. */
function weight(cost: Cost | undefined): number {
  if (!cost) return 0;
  return (cost.seconds ?? 0) + (cost.bytes ?? 0) / 10_000_000 + (cost.dollarsPerMonth ?? 0) * 10;
}
