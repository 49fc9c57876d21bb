import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rules } from '../../src/rules/index.ts';
import { nameOf } from './find-targets.ts';
import type { FoundHere, Row } from './outcome.ts';
import { markdownTable } from './tables.ts';

/** The folder of projects that were known when the rules were written. */
export const knownList = 'known';

/** What a person said of findings that were read against the files. */
interface Reading {
  readonly rule: string;
  /** How many findings of the rule were read. */
  readonly read: number;
  /** Those that claim what is not so; one that was mended is found no more, and counts no more. */
  readonly wrong: readonly { readonly template: string; readonly message: string; readonly why: string }[];
}

interface Numbers {
  readonly found: number;
  readonly fixed: number;
  readonly wrong: number;
}

const readings = JSON.parse(readFileSync(join(import.meta.dirname, 'readings.json'), 'utf8')) as readonly Reading[];

/** The known list: what was found, what `fix --yes` takes care of and what is wrong, by rule, by project, and for each project by rule. */
export function knownTables(all: readonly Row[]): string {
  const rows = all.filter(({ target }) => target.list === knownList);
  const repositories = [...new Set(rows.map(({ target }) => target.repository))];
  const told = rules.map(({ id }) => id).filter((id) => numbersOf(rows, id).found > 0);
  const byRule = told.map((id) => [`\`${id}\``, ...cells(numbersOf(rows, id)), String(readings.find(({ rule }) => rule === id)?.read ?? 0)]);
  const byProject = repositories.map((name) => {
    const own = rows.filter(({ target }) => target.repository === name);
    const each = told.map((id) => ({ id, numbers: numbersOf(own, id) })).filter(({ numbers }) => numbers.found > 0);
    return [name, ...cells(numbersOf(own, undefined)), each.map(({ id, numbers }) => `${id.split('/')[1] ?? id} ${cells(numbers).join('/')}`).join(', ') || '–'];
  });
  return `## The known list: found, fixed, wrong

Projects that were known when the rules were written. Found: as \`shear audit\` finds it. Fixed: of that, what is found no more after \`shear fix --yes\`, which applies safe
fixes alone. Wrong: claims that are not so, by \`scripts/corpus/readings.json\`, where findings are kept that a person read against the files; what was mended since is found
no more. "Read" says how many findings of a rule were read: nobody read the rest.

${markdownTable([['rule', 'found', 'fixed', 'wrong', 'read'], ...byRule, ['all', ...cells(numbersOf(rows, undefined)), String(readings.reduce((sum, { read }) => sum + read, 0))]])}

${markdownTable([['project', 'found', 'fixed', 'wrong', 'found/fixed/wrong by rule'], ...byProject])}`;
}

function cells({ found, fixed, wrong }: Numbers): readonly string[] {
  return [found, fixed, wrong].map(String);
}

/** Of one rule, or of all. */
function numbersOf(rows: readonly Row[], rule: string | undefined): Numbers {
  const isIt = (id: string): boolean => rule === undefined || id === rule;
  const each = rows.flatMap(({ target, outcome }): readonly Numbers[] => {
    if (outcome.kind !== 'audited') return [];
    const found = outcome.findings.filter((one) => isIt(one.rule));
    return [{ found: found.length, fixed: (outcome.fixedByYes ?? []).filter(isIt).length, wrong: found.filter((one) => isWrong(nameOf(target), one)).length }];
  });
  const sum = (key: keyof Numbers): number => each.reduce((total, one) => total + one[key], 0);
  return { found: sum('found'), fixed: sum('fixed'), wrong: sum('wrong') };
}

function isWrong(template: string, { rule, message }: FoundHere): boolean {
  return readings.some((one) => one.rule === rule && one.wrong.some((claim) => claim.template === template && claim.message === message));
}
