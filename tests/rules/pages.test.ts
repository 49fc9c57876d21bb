import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FileChange } from '../../src/edits/apply.ts';
import { rules } from '../../src/rules/index.ts';
import { readPage, withExpectations, type PageFile } from './page.ts';
import { laidOut, planOf, printed } from './scenario.ts';

// A rule's page is its documentation, its `explain` text and its test. `UPDATE_PAGES=1 npx vitest run tests/rules -t RULE`
// writes what is seen into the page, to be read before it is committed.
const isUpdating = process.env['UPDATE_PAGES'] === '1';
const folder = join(import.meta.dirname, '../../src/rules');

describe.each(rules.map((rule) => ({ id: rule.id, rule })))('$id', ({ id, rule }) => {
  const path = join(folder, `${id}.md`);
  const page = readPage(readFileSync(path, 'utf8'));

  it('has a page that says what it is, shows it, and names its sources', () => {
    expect(page.title).toBe(id);
    expect(page.sections).toEqual(expect.arrayContaining(['Fix safety', 'When to ignore it', 'References']));
    expect(page.scenarios.some(({ console }) => console?.trim() === ''), 'no scenario in which nothing is found').toBe(true);
    expect(page.scenarios.some(({ console }) => (console ?? '').trim() !== ''), 'no scenario in which something is found').toBe(true);
    if (rule.safety !== 'manual') expect(page.scenarios.some(({ fixed }) => fixed.length > 0), 'no scenario that is fixed').toBe(true);
  });

  it.each(page.scenarios.map((scenario) => ({ title: scenario.title, scenario })))('$title', async ({ title, scenario }) => {
    const plan = await planOf(rule, laidOut(scenario.files), scenario);
    expect(plan.defects).toEqual([]);
    if (isUpdating) return writeFileSync(path, withExpectations(readFileSync(path, 'utf8'), title, { console: printed(plan.before), fixed: plan.changes.map((change) => ({ path: change.path, text: change.after })) }));
    expect(printed(plan.before)).toBe(scenario.console);
    expect(texts(plan.changes)).toEqual(texts(scenario.fixed.map(asChange)));
  });

  it.each(page.scenarios.filter(({ fixed }) => fixed.length > 0).map((scenario) => ({ title: scenario.title, scenario })))('$title: settles, and keeps line ends', async ({ scenario }) => {
    const first = await planOf(rule, laidOut(scenario.files), scenario);
    const after = laidOut([...scenario.files.filter((file) => !first.changes.some((change) => change.path === file.path)), ...first.changes.map((change) => ({ path: change.path, text: change.after, size: undefined }))]);
    expect((await planOf(rule, after, scenario)).changes).toEqual([]);

    const crlf = await planOf(rule, laidOut(scenario.files.map((file) => ({ ...file, text: file.text.replaceAll('\n', '\r\n') }))), scenario);
    expect(texts(crlf.changes).map(([path, text]) => [path, text?.replaceAll('\r\n', '\n')])).toEqual(texts(first.changes));
    const changed = crlf.changes.filter((change) => change.before !== undefined);
    for (const { path: name, after: text } of changed) expect(text.replaceAll('\r\n', ''), name).not.toContain('\n');
  });
});

function texts(changes: readonly FileChange[]): readonly (readonly [string, string | undefined])[] {
  return changes.map(({ path, after }) => [path, after] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function asChange({ path, text }: PageFile): FileChange {
  return { path, before: undefined, after: text };
}
