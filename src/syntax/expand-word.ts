/** What expanding a word came to. */
export interface ExpandedWord {
  /** Quotes and escapes removed, variables replaced; a variable without a value leaves nothing. */
  readonly text: string;
  /** Variables without a value that the word needed, and `${X:?message}` whose X has none. */
  readonly missing: readonly string[];
}

/**
 * Expands a Dockerfile word as the builder does: single quotes keep all, double quotes and bare text replace
 * `$X`, `${X}`, `${X:-d}`, `${X-d}`, `${X:+d}`, `${X+d}`, `${X:?m}`, `${X?m}`, `${X#p}`, `${X##p}`, `${X%p}`, `${X%%p}`,
 * `${X/p/r}` and `${X//p/r}`. What is no valid expansion stays as written.
 * Source: Dockerfile reference, "Environment replacement".
 * @param lookup a variable's value; undefined when it is not set
 */
export function expandWord(text: string, lookup: (name: string) => string | undefined, escape: '\\' | '`' = '\\'): ExpandedWord {
  const missing: string[] = [];
  const reading: Reading = { text, lookup, escape, missing, broken: new Set(), at: 0, depth: 0 };
  return { text: readUntil(reading, undefined), missing: [...new Set(missing)] };
}

interface Reading {
  readonly text: string;
  readonly lookup: (name: string) => string | undefined;
  readonly escape: string;
  readonly missing: string[];
  /** Where a `${` is known to open nothing valid: trying each again inside the others would take exponential time. */
  readonly broken: Set<number>;
  at: number;
  depth: number;
}

/** Nesting of `${A:-${B:-…}}` that is followed; beyond it the text stays as written. */
const deepest = 50;

/** Reads to the end or to a bare `stop` character, which is left standing. */
function readUntil(reading: Reading, stop: string | undefined): string {
  const { text, escape } = reading;
  let out = '';
  while (reading.at < text.length) {
    const char = text.charAt(reading.at);
    if (stop !== undefined && stop.includes(char)) break;
    if (char === "'") out += singleQuoted(reading);
    else if (char === '"') out += doubleQuoted(reading);
    else if (char === '$') out += variable(reading);
    else if (char === escape) {
      // An escape at the very end stands for itself.
      out += reading.at + 1 < text.length ? text.charAt(reading.at + 1) : char;
      reading.at += 2;
    } else {
      out += char;
      reading.at++;
    }
  }
  return out;
}

function singleQuoted(reading: Reading): string {
  const end = reading.text.indexOf("'", reading.at + 1);
  const content = end < 0 ? reading.text.slice(reading.at) : reading.text.slice(reading.at + 1, end);
  reading.at = end < 0 ? reading.text.length : end + 1;
  return content;
}

function doubleQuoted(reading: Reading): string {
  const { text, escape } = reading;
  const start = reading.at;
  let out = '';
  for (reading.at++; reading.at < text.length; ) {
    const char = text.charAt(reading.at);
    if (char === '"') {
      reading.at++;
      return out;
    }
    if (char === '$') out += variable(reading);
    else if (char === escape && `"$${escape}`.includes(text.charAt(reading.at + 1)) && reading.at + 1 < text.length) {
      out += text.charAt(reading.at + 1);
      reading.at += 2;
    } else {
      out += char;
      reading.at++;
    }
  }
  reading.at = text.length;
  return text.slice(start);
}

function variable(reading: Reading): string {
  const start = reading.at;
  if (reading.text.charAt(start + 1) === '{') {
    const known = reading.missing.length;
    reading.depth++;
    const value = reading.depth > deepest || reading.broken.has(start) ? undefined : braced(reading);
    reading.depth--;
    if (value !== undefined) return value;
    reading.broken.add(start);
    reading.missing.length = known;
    reading.at = start + 1;
    return '$';
  }
  const name = nameAt(reading.text, start + 1);
  reading.at = start + 1 + name.length;
  return name === '' ? '$' : valueOf(reading, name);
}

function nameAt(text: string, at: number): string {
  const pattern = /[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]/uy;
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function valueOf(reading: Reading, name: string): string {
  const value = reading.lookup(name);
  if (value === undefined) reading.missing.push(name);
  return value ?? '';
}

/** `${…}`; undefined when it is no valid expansion. */
function braced(reading: Reading): string | undefined {
  const { text } = reading;
  const name = nameAt(text, reading.at + 2);
  if (name === '') return undefined;
  reading.at += 2 + name.length;
  const operator = /^(?:\}|:[-+?]|[-+?]|##?|%%?|\/\/?)/u.exec(text.slice(reading.at, reading.at + 2))?.[0];
  if (operator === undefined) return undefined;
  reading.at += operator.length;
  if (operator === '}') return valueOf(reading, name);
  // What stands in the part that is not used needs no value.
  const before = reading.missing.length;
  const isReplace = operator.startsWith('/');
  const word = isReplace ? rawPattern(reading, '/}') : operator.startsWith('#') || operator.startsWith('%') ? rawPattern(reading, '}') : readUntil(reading, '}');
  let replacement = '';
  if (isReplace && text[reading.at] === '/') {
    reading.at++;
    replacement = readUntil(reading, '}');
  }
  if (text[reading.at] !== '}') return undefined;
  reading.at++;
  return applied(reading, { name, operator, word, replacement, before });
}

interface Operation {
  readonly name: string;
  readonly operator: string;
  readonly word: string;
  readonly replacement: string;
  /** Length of `missing` before the word was read. */
  readonly before: number;
}

function applied(reading: Reading, operation: Operation): string {
  const { name, operator, word, replacement, before } = operation;
  const value = reading.lookup(name);
  const isSet = value !== undefined && !(operator.startsWith(':') && value === '');
  const forget = (): void => void reading.missing.splice(before);
  switch (operator.at(-1)) {
    case '-':
      if (isSet) forget();
      return isSet ? value : word;
    case '+':
      if (!isSet) forget();
      return isSet ? word : '';
    case '?':
      forget();
      if (!isSet) reading.missing.push(name);
      return isSet ? value : '';
    default:
      if (value === undefined) reading.missing.push(name);
      return changed(value ?? '', operator, word, replacement);
  }
}

function changed(value: string, operator: string, pattern: string, replacement: string): string {
  if (operator.startsWith('#')) return trimmedStart(value, pattern, operator === '##');
  if (operator.startsWith('%')) return trimmedEnd(value, pattern, operator === '%%');
  const glob = globSource(pattern, true);
  return glob === '' ? value : value.replace(new RegExp(glob, operator === '//' ? 'gsu' : 'su'), () => replacement);
}

function trimmedStart(value: string, pattern: string, isGreedy: boolean): string {
  return value.replace(new RegExp(`^${globSource(pattern, isGreedy)}`, 'su'), '');
}

/** Tries each start, since a lazy pattern anchored at the end still matches from the leftmost place. */
function trimmedEnd(value: string, pattern: string, isGreedy: boolean): string {
  const whole = new RegExp(`^${globSource(pattern, true)}$`, 'su');
  const starts = Array.from({ length: value.length + 1 }, (_, at) => (isGreedy ? at : value.length - at));
  const found = starts.find((at) => whole.test(value.slice(at)));
  return found === undefined ? value : value.slice(0, found);
}

function globSource(pattern: string, isGreedy: boolean): string {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i);
    if (char === '*') source += isGreedy ? '.*' : '.*?';
    else if (char === '?') source += '.';
    else if (char === '\\' && i + 1 < pattern.length) source += escaped(pattern.charAt(++i));
    else source += escaped(char);
  }
  return source;
}

function escaped(char: string): string {
  return /[\\^$.*+?()[\]{}|/]/u.test(char) ? `\\${char}` : char;
}

/** A pattern up to a bare stop character: quotes are removed, escapes kept, since `\*` is a star and no wildcard. */
function rawPattern(reading: Reading, stop: string): string {
  const { text, escape } = reading;
  let out = '';
  while (reading.at < text.length && !stop.includes(text.charAt(reading.at))) {
    const char = text.charAt(reading.at);
    if (char === '$') out += variable(reading);
    else if (char === escape && reading.at + 1 < text.length) {
      out += `\\${text.charAt(reading.at + 1)}`;
      reading.at += 2;
    } else {
      out += char;
      reading.at++;
    }
  }
  return out;
}
