/**
 * Splits a line as a shell does, without expanding anything: one list of words for each command of it. Redirections are left
 * out. Source: POSIX, "Shell Command Language", 2.2 and 2.3.
 */
export function splitShell(line: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  let word: string | undefined;
  let quote = '';
  const end = (): void => {
    if (word !== undefined) commands.at(-1)?.push(word);
    word = undefined;
  };
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? '';
    if (quote !== '') {
      if (char === quote) quote = '';
      else if (char === '\\' && quote === '"' && /["\\$`\n]/u.test(line[at + 1] ?? '')) word = (word ?? '') + (line[++at] ?? '');
      else word = (word ?? '') + char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= '';
    } else if (char === '\\') {
      const next = line[++at] ?? '';
      if (next !== '\n') word = (word ?? '') + next;
    } else if (/[|&;\n]/u.test(char)) {
      if (char === '&' && (line[at - 1] === '>' || line[at + 1] === '>')) continue;
      end();
      commands.push([]);
    } else if (/\s/u.test(char)) end();
    else word = (word ?? '') + char;
  }
  end();
  return commands.map(withoutRedirections).filter((words) => words.length > 0);
}

function withoutRedirections(words: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (/^\d*(?:>>?|<)$/u.test(word)) at += 1;
    else if (!/^\d*(?:>>?|<)[^(]/u.test(word)) kept.push(word);
  }
  return kept;
}
