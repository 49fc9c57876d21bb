import type { SourceFile, Span } from '../../base/source.ts';
import type { TemplateFile } from '../../project/project.ts';
import { entryOf, get } from '../../syntax/yaml.ts';
import type { LintMatch } from '../knowledge.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** What cfn-lint says, where it has been run. */
export const schemaViolation: RuleDefinition<'template'> = defineRule({
  id: 'template/schema-violation',
  subject: 'template',
  title: 'Template that cfn-lint objects to',
  severity: 'error',
  since: '0.2.0',
  status: 'stable',
  safety: 'manual',
  *check(template, { knowledge }) {
    const report = knowledge.lint?.[template.source.path];
    if (!report) return;
    const lines = lineStarts(template.source.text);
    for (const match of report.matches) {
      if (match.level === 'informational' || isTold(match)) continue;
      yield {
        message: `cfn-lint ${match.rule}: ${match.message.replace(/\.$/u, '')}`,
        at: { file: template.source, span: resourceSpan(template, match) ?? spanOf(template.source, lines, match) },
        severity: match.level === 'error' ? 'error' : 'warning',
        advice: `correct the template; what ${match.rule} asks for stands in cfn-lint's list of rules`,
      };
    }
  },
});

/** Other rules of ours say these with more: runtimes without support, keys that stand twice. */
function isTold({ rule, message }: LintMatch): boolean {
  return ['W2531', 'E2531', 'E2533'].includes(rule) || (rule === 'E0000' && /duplicate/iu.test(message));
}

/** SAM's own complaint (E0001) stands at the first line and names the resource. */
function resourceSpan(template: TemplateFile, { rule, message }: LintMatch): Span | undefined {
  const id = rule === 'E0001' ? /Resource with id \[(\w+)\]/u.exec(message)?.[1] : undefined;
  const resources = id === undefined ? undefined : get(template.document.root, 'Resources');
  return id === undefined ? undefined : entryOf(resources, id)?.key.span;
}

/** Offsets at which lines begin. */
function lineStarts(text: string): readonly number[] {
  const starts = [text.charCodeAt(0) === 0xfeff ? 1 : 0];
  for (const { index, 0: newline } of text.matchAll(/\r\n|\r|\n/gu)) starts.push(index + newline.length);
  return starts;
}

/** Never beyond the first line of what is meant. */
function spanOf({ text }: SourceFile, lines: readonly number[], { start, end }: LintMatch): Span {
  const begin = lines[Math.min(start.line, lines.length) - 1] ?? 0;
  const rest = /[^\r\n]*/u.exec(text.slice(begin))?.[0].length ?? 0;
  const from = begin + Math.min(start.column - 1, rest);
  const to = end.line === start.line ? begin + Math.min(end.column - 1, rest) : begin + rest;
  return { start: from, end: Math.max(from, to) };
}
