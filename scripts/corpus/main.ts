import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { provideSam } from '../peers/sam.ts';
import { cacheFolder, createScriptHost, repository } from '../script-host.ts';
import { findTargets, nameOf } from './find-targets.ts';
import type { Job, Row } from './outcome.ts';
import { runJobs } from './pool.ts';
import { knownList, knownTables } from './known-tables.ts';
import { repositoryTable, ruleTable, summary, troubles } from './tables.ts';

const usage = `npm run corpus -- FOLDER…   audits every SAM project below the folders, whose children are repositories

  --fix          fixes a copy of each as well, and holds fix to its promises
  --lint         with --fix: what sam validate --lint says of every changed template, before and after (slow at first, then kept)
  --only TEXT    templates whose name matches the regular expression
  --minutes N    starts no project after so long
  --spread       in no order, so that a run that is cut short has read a sample of all
  --list RULE    prints every finding of a rule (or of all: --list /)
  --json FILE    writes all of it
  --from FILE    reads what --json wrote and audits nothing: with --write, the page again
  --write        writes docs/corpus.md
  --children N   processes at a time; default one for each processor
  --limit SECONDS  until a project counts as hanging; default 20, with --fix 300
`;

// npm run corpus: real projects through the audit; what it says about shear itself is printed first.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { fix: { type: 'boolean' }, lint: { type: 'boolean' }, list: { type: 'string' }, json: { type: 'string' }, from: { type: 'string' }, write: { type: 'boolean' }, limit: { type: 'string' }, children: { type: 'string' }, only: { type: 'string' }, minutes: { type: 'string' }, spread: { type: 'boolean' }, help: { type: 'boolean' } },
});
const isFixing = values.fix === true;
if (values.from !== undefined) {
  report(JSON.parse(readFileSync(values.from, 'utf8')) as readonly Row[]);
  process.exit();
}
if (values.help === true || positionals.length === 0) {
  process.stderr.write(usage);
  process.exit(values.help === true ? 0 : 2);
}
const only = new RegExp(values.only ?? '', 'u');
const targets = positionals.flatMap(findTargets).filter((target) => only.test(nameOf(target)));
const python = values.lint === true ? await pythonOfSam() : undefined;
const jobs = targets.map((target, number) => ({ number, target, count: values.write === true && target.list === knownList, fix: isFixing, python }));
const rows: Row[] = [];
await runJobs(values.spread === true ? spread(jobs) : jobs, {
  children: Number(values.children ?? Math.max(1, cpus().length)),
  limit: 1000 * Number(values.limit ?? (isFixing ? 300 : 20)),
  until: Date.now() + 60_000 * Number(values.minutes ?? 1e6),
  finished: (job, outcome) => {
    rows[job.number] = { target: job.target, outcome };
    const done = rows.filter(Boolean).length;
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${jobs.length} `);
    else if (done % 20 === 0) process.stderr.write(`${done} of ${jobs.length}\n`);
    for (const line of troubles([{ target: job.target, outcome }])) process.stderr.write(`${line}\n`);
  },
});
if (process.stderr.isTTY) process.stderr.write('\n');
report(rows.filter(Boolean));

/** The same order each time. */
function spread(all: readonly Job[]): readonly Job[] {
  const key = ({ target }: Job): string => createHash('sha256').update(nameOf(target)).digest('hex');
  return all.map((job) => ({ job, key: key(job) })).toSorted((a, b) => (a.key < b.key ? -1 : 1)).map(({ job }) => job);
}

function report(all: readonly Row[]): void {
  const wrong = troubles(all);
  if (values.list !== undefined) process.stdout.write(`${listing(all, values.list)}\n`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(all, undefined, 1)}\n`);
  if (values.write === true) writeFileSync(join(repository, 'docs/corpus.md'), page(all));
  process.stdout.write(`${[...wrong, ruleTable(all), summary(all), isFixing ? fixSummary(all) : ''].filter((part) => part !== '').join('\n')}\n`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}

function fixSummary(all: readonly Row[]): string {
  const fixes = all.flatMap(({ outcome }) => (outcome.kind === 'audited' && outcome.fix ? [outcome.fix] : []));
  const changed = fixes.filter((fix) => fix.files > 0);
  return `${changed.length} projects changed by fix, ${changed.reduce((sum, fix) => sum + fix.applied.length, 0)} fixes, ${fixes.reduce((sum, fix) => sum + fix.broken.length, 0)} broken promises`;
}

/** What trying fixes came to; nothing where none was tried. */
function fixParagraph(all: readonly Row[]): string {
  const tried = all.flatMap(({ outcome }) => (outcome.kind === 'audited' && outcome.fix ? [outcome.fix] : []));
  if (tried.length === 0) return '';
  const broken = tried.reduce((sum, fix) => sum + fix.broken.length, 0);
  return `
Copies of ${tried.length} of them were fixed as well (\`--fix --lint\`), with the safe fixes and then with the unsafe ones too: ${tried.filter((fix) => fix.files > 0).length} changed, by ${tried.reduce((sum, fix) => sum + fix.applied.length, 0)} fixes.
Each time no byte outside of the edits changed, the second fix did nothing, what was fixed was found no more, undoing gave the bytes back, and the linter that
\`sam validate --lint\` asks had no new complaint of any template: ${broken === 0 ? 'no promise was broken' : `${broken} promises were broken`}.
`;
}

function listing(all: readonly Row[], rule: string): string {
  return all.flatMap(({ target, outcome }) => {
    if (outcome.kind === 'fault') return rule === '/' ? [`${nameOf(target)}\n  refused: ${outcome.fault.what} at ${outcome.fault.place?.file ?? '?'}:${outcome.fault.place?.line ?? '?'}`] : [];
    if (outcome.kind !== 'audited') return [];
    return outcome.findings.filter((one) => one.rule.includes(rule)).map((one) =>
      `${nameOf(target)}\n  ${one.place.file}:${one.place.line}:${one.place.column} ${one.rule} ${one.fixable ? (one.safety ?? 'waits') : 'manual'}: ${one.message}${one.advice === undefined ? '' : `\n  advice: ${one.advice}`}\n    ${one.excerpt.replaceAll('\n', '\n    ')}`);
  }).join('\n');
}

function page(all: readonly Row[]): string {
  return `# Real projects

Made by \`npm run corpus -- --write FOLDER…\`. Every template below is audited as the root of a project of its own, as \`shear audit\` does it: nobody
outside is asked. "Once asked" counts what \`fix\` can do when registries and package indexes have answered (here: with made-up answers).

${summary(all)}
${fixParagraph(all)}
## By rule

${ruleTable(all)}

## By repository

${repositoryTable(all)}

${knownTables(all)}
`;
}

/** The linter comes with sam, which may be installed for it. */
async function pythonOfSam(): Promise<string> {
  const sam = await provideSam(createScriptHost(), cacheFolder);
  if ('reason' in sam) throw new Error(sam.reason);
  return join(dirname(realpathSync(sam.path)), 'python');
}
