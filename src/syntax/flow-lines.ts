import type { CST } from 'yaml';

/** Offsets of flow collections (`[…]`, `{…}`) that the reader ended before their closing bracket. */
export function brokenFlows(tokens: readonly CST.Token[]): readonly number[] {
  const found: number[] = [];
  const waiting: CST.Token[] = [...tokens];
  for (let token = waiting.pop(); token; token = waiting.pop()) {
    if (token.type === 'document') {
      if (token.value) waiting.push(token.value);
      continue;
    }
    if (token.type === 'flow-collection' && !token.end.some((end) => end.type === 'flow-map-end' || end.type === 'flow-seq-end')) found.push(token.offset);
    if (!('items' in token)) continue;
    for (const item of token.items) {
      if (item.key) waiting.push(item.key);
      if (item.value) waiting.push(item.value);
    }
  }
  return found.toSorted((a, b) => a - b);
}

/**
 * The text with the flow collection at an offset on one line, every offset kept: breaks and comments inside it become blanks.
 * YAML wants its lines indented; sam and CloudFormation do not mind, and people write the closing bracket under the key.
 * Undefined when it has no closing bracket at all.
 */
export function onOneLine(text: string, start: number): string | undefined {
  const blanks: [from: number, to: number][] = [];
  let depth = 0;
  for (let at = start; at < text.length; ) {
    const char = text.charAt(at);
    if (char === '"' || char === "'") {
      at = quoteEnd(text, at);
      continue;
    }
    const isComment = char === '#' && /\s/u.test(text.charAt(at - 1));
    const end = isComment ? lineEnd(text, at) : at + 1;
    if (isComment || char === '\n' || char === '\r') blanks.push([at, end]);
    else if (char === '[' || char === '{') depth++;
    else if ((char === ']' || char === '}') && --depth === 0) return blanked(text, blanks);
    at = end;
  }
  return undefined;
}

function lineEnd(text: string, from: number): number {
  const length = text.slice(from).search(/[\r\n]/u);
  return length < 0 ? text.length : from + length;
}

/** Past the closing quote. An apostrophe inside a plain word opens nothing. */
function quoteEnd(text: string, from: number): number {
  const quote = text.charAt(from);
  if (/[\w.]/u.test(text.charAt(from - 1))) return from + 1;
  for (let at = from + 1; at < text.length; at++) {
    if (quote === '"' && text.charAt(at) === '\\') at++;
    else if (text.charAt(at) === quote) {
      if (quote === '"' || text.charAt(at + 1) !== "'") return at + 1;
      at++;
    }
  }
  return text.length;
}

function blanked(text: string, blanks: readonly (readonly [from: number, to: number])[]): string {
  let out = '';
  let at = 0;
  for (const [from, to] of blanks) {
    out += text.slice(at, from) + ' '.repeat(to - from);
    at = to;
  }
  return out + text.slice(at);
}
