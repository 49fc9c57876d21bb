/** A scenario of a rule's page: its heading, and the text below it. */
interface Section {
  readonly heading: string;
  readonly text: string;
}

/** Sections that say something of the whole rule, in the order of the pages. */
const general: ReadonlySet<string> = new Set(['Fix safety', 'When to ignore it', 'References']);

/** Longest scenario (lines) that is shown where not all are. */
const longestExample = 45;

/**
 * The part of a rule's page that answers why, and what a fix does: its head, the shortest scenario in which something is found, and what is
 * safe and when to ignore it. Ends with how many scenarios there are besides, and how to read them.
 */
export function shortPage(page: string, id: string): string {
  const [head = '', ...rest] = page.trimEnd().split(/^(?=## )/mu);
  const sections = rest.map((text): Section => ({ heading: /^## (.*)$/mu.exec(text)?.[1]?.trim() ?? '', text: text.trimEnd() }));
  const scenarios = sections.filter(({ heading }) => !general.has(heading));
  const example = shortestExample(scenarios);
  const left = scenarios.length - (example ? 1 : 0);
  const parts = [head.trimEnd(), ...(example ? [example.text] : []), ...sections.filter(({ heading }) => general.has(heading)).map(({ text }) => text)];
  if (left > 0) parts.push(`${left} more ${left === 1 ? 'scenario' : 'scenarios'}, with what is found and what the fix writes: \`shear explain ${id} --long\``);
  return parts.join('\n\n');
}

/** With a fix if some has one. */
function shortestExample(scenarios: readonly Section[]): Section | undefined {
  const fitting = scenarios.filter(({ text }) => /^```console\n[^`]/mu.test(text) && lines(text) <= longestExample);
  const fixed = fitting.filter(({ text }) => /^```\w+ \S+ fixed$/mu.test(text));
  return (fixed.length > 0 ? fixed : fitting).toSorted((a, b) => lines(a.text) - lines(b.text))[0];
}

function lines(text: string): number {
  return text.split('\n').length;
}
