import type { SourceFile } from '../base/source.ts';

/** The rules that comments turn off for a line of a file (counted from 1); `*` for all. */
export type Suppressions = (file: SourceFile, line: number) => readonly string[];

const pattern = /#\s*shear:\s*ignore(?:\s+(?<rules>[\w/*,\s-]+?))?\s*(?:\(.*\)|:.*)?$/u;

/**
 * Reads `# shear: ignore RULE[, RULE]` comments, on the line itself or alone on the line above; without a rule's name
 * they hide everything. A reason may follow in parentheses or after a colon.
 */
export function suppressionsOf(): Suppressions {
  const read = new Map<SourceFile, readonly string[]>();
  return (file, line) => {
    const lines = read.get(file) ?? file.text.split(/\r\n|\r|\n/u);
    read.set(file, lines);
    const own = lines[line - 1] ?? '';
    const found = rulesIn(own);
    for (let above = line - 2; above >= 0 && /^\s*#/u.test(lines[above] ?? ''); above--) found.push(...rulesIn(lines[above] ?? ''));
    return found;
  };
}

function rulesIn(line: string): string[] {
  const match = pattern.exec(line);
  if (!match) return [];
  const rules = match.groups?.['rules'];
  return rules === undefined ? ['*'] : rules.split(/[\s,]+/u).filter((rule) => rule !== '');
}
