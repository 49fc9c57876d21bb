import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Output } from '../../src/cli/command.ts';
import { createReview } from '../../src/cli/review.ts';
import { planFix, type FixPlan } from '../../src/fix/plan.ts';
import { defineRule } from '../../src/rules/rule.ts';
import { testHost } from '../support/host.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shear-review-'));
  writeFileSync(join(folder, 'template.yaml'), 'Transform: AWS::Serverless-2016-10-31\nDescription: a b c d\nResources: {}\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Finds each of the letters in the template and makes it a capital. */
const lowerCase = (id: string, letters: string, safety: 'safe' | 'unsafe') =>
  defineRule({
    id, subject: 'template', title: 'Small letter', severity: 'advice', since: '0.1.0', status: 'stable', safety,
    *check({ source }) {
      for (const letter of letters) {
        const start = source.text.indexOf(` ${letter}`) + 1;
        if (start === 0) continue;
        const span = { start, end: start + 1 };
        yield { message: `${letter} is small`, at: { file: source, span }, fix: { title: `make ${letter} big`, safety, edits: [{ kind: 'splice', path: source.path, source, ...span, text: letter.toUpperCase() }] } };
      }
    },
  });
const rules = [lowerCase('test/safe', 'abc', 'safe'), lowerCase('test/unsafe', 'd', 'unsafe')];

async function walk(answers: readonly string[]): Promise<{ readonly plan: FixPlan; readonly asked: readonly string[]; readonly shown: string; readonly hasQuit: boolean }> {
  const asked: string[] = [];
  let shown = '';
  const left = [...answers];
  const output: Output = { print: (text) => void (shown += `${text}\n`), note: () => undefined, isTerminal: false, isColoured: false, ask: () => undefined };
  const review = createReview(output, async (question) => {
    asked.push(question.replace(/\?.*/u, ''));
    return left.shift() ?? 'n';
  });
  const plan = await planFix(testHost({ cwd: folder }), folder, { rules, unsafe: true, choose: review.choose });
  return { plan, asked, shown, hasQuit: review.hasQuit() };
}

const description = (plan: FixPlan): string | undefined => /Description: (.*)/u.exec(plan.changes[0]?.after ?? '')?.[1];

describe('the review of fixes', () => {
  it('applies those that get a yes, and asks for none twice', async () => {
    const { plan, asked } = await walk(['y', 'n', '', 'n']);
    expect(description(plan)).toBe('A b c d');
    expect(asked).toEqual(['make a big', 'make b big', 'make c big', 'make d big']);
    expect(plan.remaining.map(({ message }) => message)).toEqual(['b is small', 'c is small', 'd is small']);
  });

  it('shows what each fix alone would change', async () => {
    const { shown } = await walk(['n', 'n', 'n', 'n']);
    expect(shown).toContain('template.yaml:2:16 b is small');
    expect(shown).toContain('-Description: a b c d\n+Description: a B c d\n');
  });

  it('takes all the rest that is safe, and still asks for what is not', async () => {
    const { plan, asked, shown } = await walk(['a', 'y']);
    expect(description(plan)).toBe('A B C D');
    expect(asked).toEqual(['make a big', 'make d big']);
    expect(shown).toContain('this may change deployed resources, permissions, cost or limits');
  });

  it('changes nothing more after quit, and asks again for an answer that it does not know', async () => {
    const { asked, hasQuit, plan } = await walk(['maybe', 'y', 'q']);
    expect(asked).toEqual(['make a big', 'make a big', 'make b big']);
    expect(hasQuit).toBe(true);
    expect(plan.fixes).toHaveLength(1);
  });

  it('does not take "all" as an answer to what is unsafe', async () => {
    const { plan, asked } = await walk(['n', 'n', 'n', 'all', 'n']);
    expect(asked.slice(3)).toEqual(['make d big', 'make d big']);
    expect(plan.changes).toEqual([]);
  });
});
