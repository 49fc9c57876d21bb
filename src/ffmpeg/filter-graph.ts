/** A filter of a graph. */
export interface GraphFilter {
  readonly name: string;
  /** What stands behind `name=`. */
  readonly argument: string;
}

/** What cannot be known stands as this character in the text of a graph. */
export const unknownText = '\uFFFC';

/**
 * The filters of a graph as `-vf`, `-af` and `-filter_complex` take it. undefined where the name of one cannot be told.
 * Source: FFmpeg's documentation, "Filtergraph description" (a name, perhaps `@id`, its argument with quotes and backslashes).
 */
export function filtersOfGraph(text: string): readonly GraphFilter[] | undefined {
  const filters: GraphFilter[] = [];
  for (const part of split(text)) {
    const bare = part.replace(/^(?:\s*\[[^\]]*\])+/u, '').trim();
    if (bare === '' || /^sws_flags=/u.test(bare)) continue;
    const [, name, argument = ''] = /^([A-Za-z]\w*)(?:@[\w.-]+)?(?:\s*=([\s\S]*))?$/u.exec(withoutLabels(bare)) ?? [];
    if (name === undefined) return undefined;
    filters.push({ name, argument });
  }
  return filters;
}

/** Output labels stand behind a filter. */
function withoutLabels(text: string): string {
  return text.replace(/(?:\s*\[[^\]]*\])+\s*$/u, '').trim();
}

/** Cuts at commas and semicolons that are neither quoted, escaped nor in a label. */
function split(text: string): readonly string[] {
  const parts: string[] = [''];
  let isQuoted = false;
  let isLabel = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    const isEscape = char === '\\' && !isQuoted && at + 1 < text.length;
    if (char === "'") isQuoted = !isQuoted;
    if (!isQuoted && char === '[') isLabel = true;
    if (!isQuoted && char === ']') isLabel = false;
    if (!isQuoted && !isLabel && (char === ',' || char === ';')) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${isEscape ? char + (text[++at] ?? '') : char}`);
  }
  return parts;
}
