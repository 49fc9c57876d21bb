import type { FunctionRow, ProjectRow } from './try-project.ts';

type Rows = Readonly<Record<string, ProjectRow | { readonly failed: string }>>;

/** The page in docs/: what functions answered before and after `fix`. */
export function answersPage(rows: Rows): string {
  const projects = Object.entries(rows).flatMap(([name, row]) => ('failed' in row ? [] : [{ name, row }]));
  const all = projects.flatMap(({ row }) => row.functions);
  const compared = all.filter((one) => one.safe);
  const count = (kind: string, which: 'safe' | 'unsafe'): number => compared.filter((one) => one[which]?.kind === kind).length;
  const sam = projects.flatMap(({ row }) => (row.sam ? [row.sam] : []));
  return `# Answers before and after fix

Made by \`tsx scripts/corpus/answers.ts --write FOLDER…\`. Each function is built by \`shear build\` and called by \`shear invoke\` with the same event: as the project is,
after \`shear fix --yes\`, and after \`shear fix --yes --unsafe\`. The event is the project's own where it has one for the function, else one made after its event source.
What differs between two runs of the unchanged function (times, random numbers) is left out. There is no AWS here: functions that call it fail before and after, and must do so with
the same error. Images stand on a base made of this machine's files and Python 3.12.

${projects.length} projects, ${all.length} functions: ${compared.length} built and run before the fix (${compared.filter((one) => one.error === undefined).length} answer, ${compared.filter((one) => one.error !== undefined).length} fail for want of AWS, settings or packages)

| | the same answer | the same error | different |
| --- | --- | --- | --- |
| after \`fix --yes\` | ${count('same', 'safe')} | ${count('same-error', 'safe')} | ${count('different', 'safe')} |
| after \`fix --yes --unsafe\` | ${count('same', 'unsafe')} | ${count('same-error', 'unsafe')} | ${count('different', 'unsafe')} |
${sam.length === 0 ? '' : `\n\`sam build\` (real): ${sam.filter((one) => one.before).length} of ${sam.length} projects build before, ${sam.filter((one) => one.before && one.after).length} of them after \`fix --yes\`.\n`}
## By project

| project | function | runtime | event | fix --yes | --unsafe |
| --- | --- | --- | --- | --- | --- |
${projects.filter(({ row }) => row.functions.some((one) => one.safe)).flatMap(({ name, row }) => row.functions.filter((one) => one.safe).map((one) => line(name, one))).join('\n')}

## Not built or not run here

| reason | functions |
| --- | --- |
${reasons(all)}
`;
}

function line(project: string, { name, runtime, event, safe, unsafe, error }: FunctionRow): string {
  const words = (verdict: FunctionRow['safe']): string => (verdict === undefined ? '' : verdict.kind === 'different' ? `**different**: ${cell(verdict.paths[0] ?? '')}` : verdict.kind === 'same' ? 'same' : 'same error');
  return `| ${cell(project)} | ${name} | ${runtime} | ${cell(event)} | ${words(safe)}${error === undefined ? '' : ` (${cell(error.slice(0, 80))})`} | ${words(unsafe)} |`;
}

function reasons(all: readonly FunctionRow[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of all) if (reason !== undefined) counts.set(general(reason), (counts.get(general(reason)) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([reason, functions]) => `| ${cell(reason)} | ${functions} |`).join('\n');
}

/** Without what is one project's own. */
function general(reason: string): string {
  return reason.replace(/(?<=\s)(?:\/[\w.@-]+){2,}\/?/gu, 'PATH').slice(0, 130);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/gu, ' ');
}
