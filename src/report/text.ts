import { printPlace } from '../base/source.ts';
import type { CheckResult, Finding } from '../rules/check.ts';
import type { Cost, Severity } from '../rules/rule.ts';
import { plain, type Paint } from './paint.ts';
import { printBytes, printSeconds } from './quantity.ts';
import { foldedGroups, rankedGroups, type FindingGroup } from './rank.ts';

/** How findings are shown. */
export interface TextOptions {
  readonly paint?: Paint;
  /** Shows every finding by file, its line, its evidence and how its cost was had. */
  readonly verbose?: boolean;
  /** Shows every group of findings, also those that matter least. */
  readonly isWhole?: boolean;
}

/**
 * Findings for the terminal with a line that sums them up: what matters most first, alike ones together, the least of them counted alone.
 * Ends with a newline.
 */
export function printFindings(result: CheckResult, options: TextOptions = {}): string {
  const { findings, suppressed } = result;
  const paint = options.paint ?? plain;
  if (options.verbose === true) return `${[...(findings.length === 0 ? [] : [printList(findings, options)]), summary(findings, suppressed, paint)].join('\n\n')}\n`;
  const groups = rankedGroups(findings);
  const { shown, rest } = options.isWhole === true ? { shown: groups, rest: [] } : foldedGroups(groups);
  const parts = [...shown.map((group) => groupLines(group, paint).join('\n')), ...(rest.length === 0 ? [] : [foldLine(rest, paint)])];
  return `${[...(parts.length === 0 ? [] : [parts.join('\n')]), summary(findings, suppressed, paint)].join('\n\n')}\n`;
}

/** All findings in the order of the files, without a line that sums them up and without a newline at the end. */
export function printList(findings: readonly Finding[], options: TextOptions = {}): string {
  const paint = options.paint ?? plain;
  const files = new Map<string, Finding[]>();
  for (const finding of findings) files.set(finding.place.file, [...(files.get(finding.place.file) ?? []), finding]);
  return [...files].map(([file, own]) => [paint.bold(file), ...own.flatMap((finding) => findingLines(finding, paint, options.verbose === true).map((line) => `  ${line}`))].join('\n')).join('\n\n');
}

/** Places of alike findings that are named beside the first. */
const mostPlaces = 3;

function groupLines({ first, others }: FindingGroup, paint: Paint): readonly string[] {
  const lines = findingLines(first, paint, false);
  if (others.length === 0) return lines;
  const places = others.slice(0, mostPlaces).map(({ place }) => printPlace(place));
  return [...lines, paint.dim(`  and ${others.length} more like it: ${places.join(', ')}${others.length > mostPlaces ? ', …' : ''}`)];
}

function foldLine(rest: readonly FindingGroup[], paint: Paint): string {
  const findings = rest.flatMap(({ first, others }) => [first, ...others]);
  const rules = [...new Set(findings.map(({ rule }) => rule))];
  return `${paint.bold(`${findings.length} more that matter less`)} (${rules.join(', ')}): --verbose shows all`;
}

function findingLines(finding: Finding, paint: Paint, isVerbose: boolean): readonly string[] {
  const lines = [`${printPlace(finding.place)} ${label(finding.severity, paint)} ${finding.message}  ${paint.dim(finding.rule)}`];
  if (isVerbose && finding.excerpt !== '') lines.push(...finding.excerpt.split('\n').map((line) => `    ${line}`.trimEnd()));
  if (isVerbose) lines.push(...finding.evidence.map((one) => `  ${printPlace(one.place)} ${one.text}`));
  if (finding.cost) lines.push(`  costs ${printCost(finding.cost, isVerbose)}`);
  lines.push(`  ${whatFixDoes(finding, paint)}`);
  return lines;
}

/** `458 MB (estimate)`; the formula alone where no amount follows from the project. */
export function printCost(cost: Cost, withFormula: boolean): string {
  const parts = [
    ...(cost.bytes === undefined ? [] : [printBytes(cost.bytes)]),
    ...(cost.seconds === undefined ? [] : [`${printSeconds(cost.seconds)} a build`]),
    ...(cost.dollarsPerMonth === undefined ? [] : [`$${cost.dollarsPerMonth.toFixed(2)} a month`]),
  ];
  if (parts.length === 0) return `${cost.formula} (${cost.kind})`;
  return `${parts.join(', ')} (${cost.kind}${withFormula ? `: ${cost.formula}` : ''})`;
}

function whatFixDoes({ fix, advice, waitsFor, asksFirst, safety }: Finding, paint: Paint): string {
  if (fix?.safety === 'safe') return paint.green(`fix: ${fix.title}`);
  if (fix?.safety === 'unsafe') return paint.yellow(`fix --unsafe: ${fix.title}`);
  if (waitsFor !== undefined) return safety === 'unsafe' ? paint.yellow(`fix --unsafe: after that of ${waitsFor}`) : paint.green(`fix: after that of ${waitsFor}`);
  if (asksFirst && advice !== undefined) return paint.green(advice);
  return `advice: ${advice ?? fix?.title ?? 'see the rule'}`;
}

function label(severity: Severity, paint: Paint): string {
  if (severity === 'error') return paint.red('error');
  return severity === 'warning' ? paint.yellow('warning') : paint.blue('advice');
}

function summary(findings: readonly Finding[], suppressed: number, paint: Paint): string {
  const hidden = suppressed === 0 ? '' : `, ${suppressed} hidden by comments`;
  if (findings.length === 0) return `no findings${hidden}`;
  const unsafe = findings.filter(({ safety }) => safety === 'unsafe').length;
  const safe = findings.filter(({ safety }) => safety === 'safe').length;
  const asked = findings.filter((finding) => finding.asksFirst).length;
  const left = findings.length - safe - unsafe - asked;
  const count = `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`;
  const parts = [
    `\`shear fix\` takes care of ${safe}`,
    ...(asked === 0 ? [] : [`of ${asked} more where the package index or registry tells enough`]),
    ...(unsafe === 0 ? [] : [`with --unsafe of ${unsafe} more`]),
    ...(left === 0 ? [] : [`${left} ${left === 1 ? 'is' : 'are'} for you to decide`]),
  ];
  return `${paint.bold(count)}: ${parts.join(', ')}${hidden}`;
}
