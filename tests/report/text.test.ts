import { describe, expect, it } from 'vitest';
import { auditJson } from '../../src/report/json.ts';
import { printFindings } from '../../src/report/text.ts';
import type { Finding } from '../../src/rules/check.ts';

let line = 0;

function finding(rule: string, more: Partial<Finding> = {}): Finding {
  return {
    rule, severity: 'advice', message: `about ${rule}`, place: { file: 'template.yaml', line: ++line, column: 1 }, excerpt: 'x\n^', cost: undefined, evidence: [],
    fix: undefined, advice: 'think of it', asksFirst: false, waitsFor: undefined, safety: more.fix?.safety ?? 'manual', ...more,
  };
}

const fix = { title: 'do it', safety: 'safe', edits: [] } as const;

function shown(findings: readonly Finding[], options: Parameters<typeof printFindings>[1] = {}): readonly string[] {
  return printFindings({ findings, defects: [], suppressed: 0 }, options).trimEnd().split('\n');
}

describe('findings on the terminal', () => {
  it('come by severity, then by cost, then by what can be done', () => {
    const text = shown([
      finding('a/thoughts'), finding('a/fixable', { fix }), finding('a/slow', { cost: { kind: 'estimate', seconds: 7, formula: 'f' } }),
      finding('a/fat', { severity: 'warning', cost: { kind: 'measured', bytes: 20_000_000, formula: 'f' } }), finding('a/broken', { severity: 'error' }),
    ]);
    expect(text.filter((one) => one.includes('  a/')).map((one) => one.split('  ').at(-1))).toEqual(['a/broken', 'a/fat', 'a/slow', 'a/fixable', 'a/thoughts']);
  });

  it('of one kind stand together under the heaviest', () => {
    line = 0;
    const heavy = (bytes: number): Finding => finding('a/fat', { cost: { kind: 'estimate', bytes, formula: 'f' }, fix });
    expect(shown([heavy(1_000), heavy(3_000_000), heavy(2_000), heavy(500), heavy(400)])).toEqual([
      'template.yaml:2:1 advice about a/fat  a/fat',
      '  costs 3.0 MB (estimate)',
      '  fix: do it',
      '  and 4 more like it: template.yaml:3:1, template.yaml:1:1, template.yaml:4:1, …',
      '',
      '5 findings: `shear fix` takes care of 5',
    ]);
  });

  it('that matter least are counted alone, and all are shown on request', () => {
    const many = Array.from({ length: 11 }, (_, i) => finding(`a/rule-${i}`));
    const text = shown(many);
    expect(text.filter((one) => one.startsWith('template.yaml'))).toHaveLength(8);
    expect(text.at(-3)).toBe('3 more that matter less (a/rule-8, a/rule-9, a/rule-10): --verbose shows all');
    expect(text.at(-1)).toBe('11 findings: `shear fix` takes care of 0, 11 are for you to decide');
    expect(shown(many, { verbose: true }).filter((one) => one.startsWith('  template.yaml'))).toHaveLength(11);
    expect(shown(many, { isWhole: true }).filter((one) => one.startsWith('template.yaml'))).toHaveLength(11);
    expect(auditJson({ findings: many, defects: [], suppressed: 0 }).findings).toHaveLength(11);
  });

  it('are all shown where they are errors, or where only one would be left out', () => {
    const errors = Array.from({ length: 12 }, (_, i) => finding(`a/rule-${i}`, { severity: 'error' }));
    expect(shown(errors).filter((one) => one.startsWith('template.yaml'))).toHaveLength(12);
    expect(shown(errors.slice(0, 9).map((one) => ({ ...one, severity: 'advice' }))).filter((one) => one.startsWith('template.yaml'))).toHaveLength(9);
  });

  it('count what fix does, what it asks for first, and what is left to the user', () => {
    const text = shown([
      finding('a/one', { fix }), finding('a/two', { waitsFor: 'a/one', safety: 'safe' }), finding('a/three', { asksFirst: true, advice: '`shear fix` asks' }),
      finding('a/four', { fix: { ...fix, safety: 'unsafe' } }), finding('a/five', { fix: { ...fix, safety: 'manual' } }),
    ]);
    expect(text).toContain('  `shear fix` asks');
    expect(text.at(-1)).toBe('5 findings: `shear fix` takes care of 2, of 1 more where the package index or registry tells enough, with --unsafe of 1 more, 1 is for you to decide');
  });
});
