import { describe, expect, it } from 'vitest';
import { shortPage } from '../../src/report/rule-page.ts';
import { pages } from '../../src/rules/pages.ts';

const page = `# a/b

Why it matters.

## Long

\`\`\`console
${'x\n'.repeat(60)}\`\`\`

## Clean

\`\`\`console
\`\`\`

## Found

\`\`\`text app.txt
1
\`\`\`

\`\`\`console
app.txt:1:1 warning: one
\`\`\`

\`\`\`text app.txt fixed
2
\`\`\`

## Fix safety

Safe.

## References

- here
`;

describe('the page of a rule on a terminal', () => {
  it('has why, one short example with its fix, what is safe, and how many scenarios there are besides', () => {
    expect(shortPage(page, 'a/b')).toBe(`# a/b

Why it matters.

## Found

\`\`\`text app.txt
1
\`\`\`

\`\`\`console
app.txt:1:1 warning: one
\`\`\`

\`\`\`text app.txt fixed
2
\`\`\`

## Fix safety

Safe.

## References

- here

2 more scenarios, with what is found and what the fix writes: \`shear explain a/b --long\``);
  });

  it('fits on two screens for every rule', () => {
    const long = Object.entries(pages).map(([id, text]) => ({ id, lines: shortPage(text, id).split('\n').length })).filter(({ lines }) => lines > 100);
    expect(long).toEqual([]);
  });
});
