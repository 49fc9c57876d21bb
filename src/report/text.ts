import { printPlace } from '../base/source.ts';
import { isFixable, type CheckResult, type Finding } from '../rules/check.ts';
import type { Cost, Severity } from '../rules/rule.ts';
import { plain, type Paint } from './paint.ts';
import { printBytes, printSeconds } from './quantity.ts';

/** How findings are shown. */
export interface TextOptions {
  readonly paint?: Paint;
  /** Shows the line of each finding, its evidence and how its cost was had. */
  readonly verbose?: boolean;
}

/** Findings for the terminal, grouped by file, with a line that sums them up. Ends with a newline. */
export function printFindings(result: CheckResult, options: TextOptions = {}): string {
  const { findings, suppressed } = result;
  const paint = options.paint ?? plain;
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) groups.set(finding.place.file, [...(groups.get(finding.place.file) ?? []), finding]);
  const parts = [...groups].map(([file, own]) => [paint.bold(file), ...own.flatMap((finding) => findingLines(finding, paint, options.verbose === true))].join('\n'));
  return `${[...parts, summary(findings, suppressed, paint)].join('\n\n')}\n`;
}

function findingLines(finding: Finding, paint: Paint, isVerbose: boolean): readonly string[] {
  const lines = [`  ${printPlace(finding.place)} ${label(finding.severity, paint)} ${finding.message}  ${paint.dim(finding.rule)}`];
  if (isVerbose && finding.excerpt !== '') lines.push(...finding.excerpt.split('\n').map((line) => `      ${line}`.trimEnd()));
  if (isVerbose) lines.push(...finding.evidence.map((one) => `    ${printPlace(one.place)} ${one.text}`));
  if (finding.cost) lines.push(`    costs ${printCost(finding.cost, isVerbose)}`);
  lines.push(`    ${whatFixDoes(finding, paint)}`);
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

function whatFixDoes({ fix, advice, waitsFor }: Finding, paint: Paint): string {
  if (fix?.safety === 'safe') return paint.green(`fix: ${fix.title}`);
  if (fix?.safety === 'unsafe') return paint.yellow(`fix --unsafe: ${fix.title}`);
  if (waitsFor !== undefined) return paint.green(`fix: after that of ${waitsFor}`);
  return `advice: ${advice ?? fix?.title ?? 'see the rule'}`;
}

function label(severity: Severity, paint: Paint): string {
  if (severity === 'error') return paint.red('error');
  return severity === 'warning' ? paint.yellow('warning') : paint.blue('advice');
}

function summary(findings: readonly Finding[], suppressed: number, paint: Paint): string {
  const hidden = suppressed === 0 ? '' : `, ${suppressed} hidden by comments`;
  if (findings.length === 0) return `no findings${hidden}`;
  const fixable = findings.filter((finding) => isFixable(finding) && finding.fix?.safety !== 'unsafe').length;
  const unsafe = findings.filter((finding) => finding.fix?.safety === 'unsafe').length;
  const count = `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`;
  const parts = [`\`shear fix\` takes care of ${fixable}`, ...(unsafe === 0 ? [] : [`with --unsafe of ${unsafe} more`])];
  return `${paint.bold(count)}: ${parts.join(', ')}${hidden}`;
}
