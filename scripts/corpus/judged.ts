import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createScriptHost, repository } from '../script-host.ts';
import { audit } from './audit.ts';
import { checkboxes, type Checkbox } from './checkboxes.ts';
import { findTargets } from './find-targets.ts';
import type { FoundHere, Target } from './outcome.ts';

/** What a person who read a project says that the plan would ask of it. */
interface Judgement {
  /** `owner/name`. */
  readonly project: string;
  /** Path of its template in the repository. */
  readonly template: string;
  readonly kind: string;
  /** True: written down before shear was ever run on it, so that what it finds cannot have made anybody ask for it. */
  readonly isBlind?: boolean;
  /** Of a blind one: checkboxes that the very first audit found, before what it missed was looked into. */
  readonly foundAtFirst?: number;
  /** Which set of blind projects it belongs to: what one set missed was mended before the next was judged. 1 where not said. */
  readonly round?: number;
  /** Checkboxes that apply. */
  readonly asks: string;
  readonly notes: string;
}

interface Judged {
  readonly judgement: Judgement;
  readonly asked: readonly Checkbox[];
  readonly missed: readonly Checkbox[];
  /** Rules that speak of a checkbox which nobody asked for. */
  readonly beyond: readonly string[];
}

// tsx scripts/corpus/judged.ts [--write] FOLDER…: audits projects that were read by hand and compares, checkbox by checkbox.
const { values, positionals } = parseArgs({ allowPositionals: true, options: { write: { type: 'boolean' } } });
const judgements = JSON.parse(readFileSync(join(import.meta.dirname, 'judged.json'), 'utf8')) as readonly Judgement[];
const targets = positionals.flatMap(findTargets);
const host = { ...createScriptHost(), emit: () => undefined };
const all: Judged[] = [];
for (const judgement of judgements) {
  const target = targets.find((one) => one.repository === judgement.project && join(one.folder, one.template) === join(one.root, judgement.template));
  if (target) all.push(compare(judgement, await findingsOf(target)));
  else process.stderr.write(`${judgement.project} is not below the folders\n`);
}
const page = print();
if (values.write === true) writeFileSync(join(repository, 'docs', 'judged.md'), page);
process.stdout.write(page);

async function findingsOf(target: Target): Promise<readonly FoundHere[]> {
  const outcome = await audit(host, { number: 0, target, count: false, fix: false, python: undefined });
  return outcome.kind === 'audited' ? outcome.findings : [];
}

function compare(judgement: Judgement, findings: readonly FoundHere[]): Judged {
  const rules = new Set(findings.map(({ rule }) => rule));
  const ids = judgement.asks.split(' ');
  const unknown = ids.find((id) => !checkboxes.some((one) => one.id === id));
  if (unknown !== undefined) throw new Error(`${judgement.project}: there is no checkbox ${unknown}`);
  const asked = checkboxes.filter(({ id }) => ids.includes(id));
  const explained = new Set(asked.flatMap((one) => one.rules));
  const mapped = new Set(checkboxes.flatMap((one) => one.rules));
  return { judgement, asked, missed: asked.filter((one) => !one.rules.some((rule) => rules.has(rule))), beyond: [...rules].filter((rule) => mapped.has(rule) && !explained.has(rule)).toSorted() };
}

function print(): string {
  const rows = all.map(({ judgement, asked: own, missed, beyond }) => [judgement.project, judgement.kind, judgement.isBlind === true ? 'yes' : '', `${own.length - missed.length} of ${own.length}`, missed.map(({ id, text }) => `${id} ${text}`).join('; ') || '–', beyond.map((rule) => `\`${rule.split('/')[1] ?? rule}\``).join(', ') || '–', judgement.notes]);
  const boxes = checkboxes.map((box) => {
    const those = all.filter((one) => one.asked.includes(box));
    return [box.id, box.text, box.rules.map((rule) => `\`${rule}\``).join(', '), String(those.length), String(those.filter((one) => !one.missed.includes(box)).length)];
  });
  return `# The plan's checkboxes on projects that were read by hand

Made by \`tsx scripts/corpus/judged.ts --write FOLDER…\` from \`scripts/corpus/judged.json\`, which says what a person who read each project would ask of it by the
plan. An audit asks nobody outside, so that what only a registry or a package index tells is not counted.

All: ${sumOf(all)}

Blind, which is to say judged before shear was ever run on them: ${sumOf(all.filter(({ judgement }) => judgement.isBlind === true))}

${firstText()}

${table([['project', 'what it is', 'blind', 'found', 'missed', 'told beyond the plan', 'notes'], ...rows])}

## Findings read against the files

Every finding of the blind sets from the second on, and a sample of the known list's (which has serverless-patterns), was read for false claims, as the first audit
gave it. Advice that one may leave aside is no false claim; a sentence that is not so is one. All that are named here were mended.

${readText()}

## By checkbox

${table([['', 'checkbox', 'rules', 'applies to', 'found'], ...boxes])}
`;
}

/** What the first audit of blind ones came to, set by set: the fair number, since misses were mended afterwards. */
function firstText(): string {
  const first = all.filter(({ judgement }) => judgement.foundAtFirst !== undefined);
  const rounds = [...new Set(first.map(({ judgement }) => judgement.round ?? 1))].toSorted((a, b) => a - b);
  const rows = rounds.map((round) => {
    const those = first.filter(({ judgement }) => (judgement.round ?? 1) === round);
    const asked = those.reduce((sum, one) => sum + one.asked.length, 0);
    const found = those.reduce((sum, { judgement }) => sum + (judgement.foundAtFirst ?? 0), 0);
    const now = asked - those.reduce((sum, one) => sum + one.missed.length, 0);
    return [String(round), String(those.length), String(asked), `${found}: ${((100 * found) / Math.max(1, asked)).toFixed(1)} %`, `${now}: ${((100 * now) / Math.max(1, asked)).toFixed(1)} %`];
  });
  return `The first audit ever of each set of blind ones, before what it missed was mended and the next set was judged:\n\n${table([['set', 'projects', 'checkboxes that apply', 'found by the first audit', 'found now'], ...rows])}`;
}

interface ReadFindings {
  readonly set: string;
  readonly findings: number;
  readonly wrong: readonly string[];
}

function readText(): string {
  const read = JSON.parse(readFileSync(join(import.meta.dirname, 'read-findings.json'), 'utf8')) as readonly ReadFindings[];
  const total = [read.reduce((sum, { findings }) => sum + findings, 0), read.reduce((sum, { wrong }) => sum + wrong.length, 0)].map(String);
  return table([['of', 'read', 'wrong', 'which'], ...read.map(({ set, findings, wrong }) => [set, String(findings), String(wrong.length), wrong.join('; ') || '–']), ['all', ...total, '']]);
}

function sumOf(some: readonly Judged[]): string {
  const asked = some.reduce((sum, one) => sum + one.asked.length, 0);
  const found = asked - some.reduce((sum, one) => sum + one.missed.length, 0);
  return `${some.length} projects, ${asked} checkboxes that apply, ${found} of them found: ${((100 * found) / Math.max(1, asked)).toFixed(1)} %`;
}

function table(lines: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = lines;
  return [head, head.map(() => '---'), ...rest].map((line) => `| ${line.join(' | ')} |`).join('\n');
}
