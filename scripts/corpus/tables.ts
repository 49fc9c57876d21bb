import { rules } from '../../src/rules/index.ts';
import { nameOf } from './find-targets.ts';
import type { Outcome, Row } from './outcome.ts';

/** A rule's numbers over the corpus. */
interface RuleCount {
  readonly rule: string;
  readonly repositories: number;
  readonly projects: number;
  readonly found: number;
  readonly fixable: number;
  readonly onceKnown: number;
}

type Audited = Extract<Outcome, { readonly kind: 'audited' }>;

/** What went wrong: defects of shear's first, then templates that are wrong themselves and have no place, then broken promises of fix. */
export function troubles(rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ target, outcome }): readonly string[] => {
    const name = nameOf(target);
    switch (outcome.kind) {
      case 'crash':
        return [`crash  ${name}\n       ${outcome.error.split('\n').slice(0, 4).join('\n       ')}`];
      case 'hang':
        return [`hang   ${name} after ${outcome.ms} ms`];
      case 'fault':
        return outcome.fault.place ? [] : [`fault without a place  ${name}: ${outcome.fault.code} ${outcome.fault.what}`];
      case 'audited':
        return [
          ...outcome.faults.filter((one) => !one.place).map((one) => `fault without a place  ${name}: ${one.code} ${one.what}`),
          ...(outcome.fix?.broken ?? []).map((sentence) => `fix    ${name}: ${sentence}`),
        ];
    }
  });
}

/** One line for each thing that is counted. */
export function summary(rows: readonly Row[]): string {
  const audited = rows.filter((row) => row.outcome.kind === 'audited');
  const findings = audited.flatMap((row) => (row.outcome as Audited).findings);
  const times = rows.map((row) => row.outcome.ms).toSorted((a, b) => a - b);
  const count = (kind: Outcome['kind']): number => rows.filter((row) => row.outcome.kind === kind).length;
  return [
    `${rows.length} templates of ${repositoriesOf(rows).length} repositories: ${audited.length} audited, ${count('fault')} refused with a reason, ${count('crash')} crashes, ${count('hang')} hangs`,
    `${audited.reduce((sum, row) => sum + (row.outcome as Audited).functions, 0)} functions, ${findings.length} findings, ${findings.filter((one) => one.fixable).length} of them fixable`,
    `median ${times[Math.floor(times.length / 2)] ?? 0} ms, slowest ${times.at(-1) ?? 0} ms`,
  ].join('\n');
}

/** The table of rules: where they found something, how much, and how much of it `fix` does. */
export function ruleTable(rows: readonly Row[]): string {
  const counts = rules.map((rule) => countOf(rule.id, rows));
  return markdownTable([
    ['rule', 'repositories', 'templates', 'found', 'fixable', 'once asked'],
    ...counts.map((one) => [`\`${one.rule}\``, String(one.repositories), String(one.projects), String(one.found), String(one.fixable), String(one.onceKnown)]),
  ]);
}

/** The table of repositories: what was read, and what each rule found there (found/fixable). */
export function repositoryTable(rows: readonly Row[]): string {
  return markdownTable([
    ['repository', 'commit', 'templates', 'functions', 'found/fixable by rule', 'refused'],
    ...repositoriesOf(rows).map((repository) => repositoryRow(repository, rows.filter((row) => row.target.repository === repository))),
  ]);
}

function repositoryRow(repository: string, rows: readonly Row[]): readonly string[] {
  const audited = rows.flatMap(({ outcome }) => (outcome.kind === 'audited' ? [outcome] : []));
  const findings = audited.flatMap((one) => one.findings);
  const byRule = rules.flatMap(({ id }) => {
    const own = findings.filter((finding) => finding.rule === id);
    return own.length === 0 ? [] : [`${id.split('/')[1] ?? id} ${own.length}/${own.filter((finding) => finding.fixable).length}`];
  });
  const refused = rows.filter(({ outcome }) => outcome.kind === 'fault').length;
  return [repository, (rows[0]?.target.commit ?? '').slice(0, 10), String(rows.length), String(audited.reduce((sum, one) => sum + one.functions, 0)), byRule.join(', ') || '–', refused === 0 ? '' : String(refused)];
}

function countOf(rule: string, rows: readonly Row[]): RuleCount {
  const own = rows.flatMap(({ target, outcome }) => {
    const found = outcome.kind === 'audited' ? outcome.findings.filter((finding) => finding.rule === rule) : [];
    return found.length > 0 ? [{ target, found }] : [];
  });
  const all = own.flatMap((one) => one.found);
  const onceKnown = rows.flatMap(({ outcome }) => (outcome.kind === 'audited' ? outcome.fixableOnceKnown : [])).filter((id) => id === rule).length;
  return { rule, repositories: new Set(own.map((one) => one.target.repository)).size, projects: own.length, found: all.length, fixable: all.filter((one) => one.fixable).length, onceKnown };
}

function repositoriesOf(rows: readonly Row[]): readonly string[] {
  return [...new Set(rows.map((row) => row.target.repository))];
}

/** A table as Markdown, the head first. */
export function markdownTable(lines: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = lines;
  return [head, head.map(() => '---'), ...rest].map((line) => `| ${line.join(' | ')} |`).join('\n');
}
