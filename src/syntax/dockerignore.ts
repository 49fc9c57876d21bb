/**
 * The patterns of a .dockerignore in order: comments and blank lines dropped, paths cleaned, a leading slash taken off, `!` kept.
 * Source: Docker's documentation, "Build context", .dockerignore files; a `#` counts as comment in the first column alone.
 */
export function parseDockerignore(text: string): readonly string[] {
  return text
    .replace(/^\uFEFF/u, '')
    .split(/\r?\n/u)
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => normalized(line) ?? []);
}

/**
 * Decides by patterns (as from `parseDockerignore`) whether a file stays in the context: true means kept. The last pattern that
 * matches the path or one of its folders decides, so that files in an excluded folder can be taken back in.
 * @param patterns in the file's order; paths to be asked for are relative to the context, with forward slashes
 */
export function dockerignoreFilter(patterns: readonly string[]): (relativePath: string) => boolean {
  const matchers = patterns.flatMap((pattern) => {
    const clean = normalized(pattern);
    if (clean === undefined) return [];
    const keeps = clean.startsWith('!');
    return [{ keeps, regex: patternRegex(keeps ? clean.slice(1) : clean) }];
  });
  /** For each folder, which matchers match it or a folder above: files of one folder share the answer. */
  const folders = new Map<string, readonly boolean[]>();
  const hits = (path: string): readonly boolean[] => {
    const slash = path.lastIndexOf('/');
    const above = slash > 0 ? folderHits(path.slice(0, slash)) : undefined;
    return matchers.map((matcher, index) => above?.[index] === true || matcher.regex.test(path));
  };
  const folderHits = (folder: string): readonly boolean[] => {
    const known = folders.get(folder);
    if (known) return known;
    const found = hits(folder);
    folders.set(folder, found);
    return found;
  };
  return (relativePath) => {
    const last = hits(relativePath.replace(/\/+$/u, '')).lastIndexOf(true);
    return last < 0 || matchers[last]?.keeps === true;
  };
}

function normalized(line: string): string | undefined {
  const trimmed = line.trim();
  const keeps = trimmed.startsWith('!');
  const pattern = (keeps ? trimmed.slice(1) : trimmed).trim();
  if (pattern === '') return undefined;
  const path = cleanPath(pattern);
  const relative = path.length > 1 && path.startsWith('/') ? path.slice(1) : path;
  return keeps ? `!${relative}` : relative;
}

/** Drops empty and `.` parts, resolves `..`, drops a trailing slash. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  const isRooted = path.startsWith('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (!isRooted) parts.push(part);
  }
  return (isRooted ? '/' : '') + parts.join('/') || '.';
}

/** `*` and `?` stay within a path part, `**` crosses them; `**` and a slash also match nothing. */
function patternRegex(pattern: string): RegExp {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i);
    if (pattern.startsWith('**', i)) {
      i += pattern[i + 2] === '/' ? 2 : 1;
      source += i + 1 >= pattern.length ? '.*' : '(?:.*/)?';
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '\\' && i + 1 < pattern.length) source += literal(pattern.charAt(++i));
    else if (char === '[') {
      const end = pattern.indexOf(']', i + 2);
      // Docker stops at a bracket that is not closed; nothing can match it.
      if (end < 0) return /(?!)/u;
      source += characterClass(pattern.slice(i + 1, end));
      i = end;
    } else source += literal(char);
  }
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch {
    return /(?!)/u;
  }
}

function characterClass(content: string): string {
  const isNegated = content.startsWith('^');
  const body = (isNegated ? content.slice(1) : content).replace(/\\?([\\[\]^/])/gu, String.raw`\$1`);
  return `[${isNegated ? '^' : ''}${body}]`;
}

function literal(char: string): string {
  return /[\\^$.*+?()[\]{}|/]/u.test(char) ? `\\${char}` : char;
}
