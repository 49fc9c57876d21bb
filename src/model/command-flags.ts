/** How a program's flags are read: every spelling maps to a name; `values` take an argument. */
export interface FlagTable {
  readonly switches: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, string>>;
}

/** A command line taken apart, or the first flag that is not in the table. */
export type ReadFlags =
  | { readonly kind: 'read'; readonly has: (name: string) => boolean; readonly all: (name: string) => readonly string[]; readonly last: (name: string) => string | undefined; readonly operands: readonly string[] }
  | { readonly kind: 'unknown'; readonly flag: string };

/**
 * Reads GNU-style flags: `--name value`, `--name=value`, `-n value`, `-nvalue`, and bundled single letters. Words after
 * `--` and those without a dash are operands, and so is `-` itself.
 */
export function readFlags(words: readonly string[], table: FlagTable): ReadFlags {
  const found: { name: string; value: string }[] = [];
  const operands: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--') {
      operands.push(...words.slice(i + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    const taken = takeFlag(word, words[i + 1], table);
    if (typeof taken === 'string') return { kind: 'unknown', flag: taken };
    found.push(...taken.flags);
    if (taken.usedNext) i += 1;
  }
  const all = (name: string): readonly string[] => found.filter((flag) => flag.name === name).map((flag) => flag.value);
  return { kind: 'read', all, has: (name) => all(name).length > 0, last: (name) => all(name).at(-1), operands };
}

interface TakenFlag {
  readonly flags: readonly { readonly name: string; readonly value: string }[];
  readonly usedNext: boolean;
}

/** The flags in one word, or the spelling that is not known. */
function takeFlag(word: string, next: string | undefined, table: FlagTable): TakenFlag | string {
  const whole = lookup(table.switches, word);
  if (whole !== undefined) return { flags: [{ name: whole, value: '' }], usedNext: false };
  const valued = lookup(table.values, word);
  if (valued !== undefined) return next === undefined ? word : { flags: [{ name: valued, value: next }], usedNext: true };
  const equals = word.indexOf('=');
  if (equals > 0) {
    const name = lookup(table.values, word.slice(0, equals));
    if (name !== undefined) return { flags: [{ name, value: word.slice(equals + 1) }], usedNext: false };
  }
  return word.startsWith('--') ? word : takeBundle(word, next, table);
}

/** `-fsSLo file`: letters up to the first that takes a value, which gets the rest or the next word. */
function takeBundle(word: string, next: string | undefined, table: FlagTable): TakenFlag | string {
  const flags: { name: string; value: string }[] = [];
  for (let i = 1; i < word.length; i++) {
    const letter = `-${word[i] ?? ''}`;
    const name = lookup(table.switches, letter);
    if (name !== undefined) {
      flags.push({ name, value: '' });
      continue;
    }
    const valued = lookup(table.values, letter);
    if (valued === undefined) return word.length === 2 ? word : `${letter} in ${word}`;
    const rest = word.slice(i + 1);
    if (rest === '' && next === undefined) return word;
    flags.push({ name: valued, value: rest === '' ? (next ?? '') : rest });
    return { flags, usedNext: rest === '' };
  }
  return { flags, usedNext: false };
}

function lookup(names: Readonly<Record<string, string>>, spelling: string): string | undefined {
  return Object.hasOwn(names, spelling) ? names[spelling] : undefined;
}
