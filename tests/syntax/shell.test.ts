import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseShell, type ShellWord } from '../../src/syntax/shell.ts';

/** Commands in a form that is quick to read. */
function shown(text: string): readonly string[] | string {
  const script = parseShell(text);
  if (script.kind === 'opaque') return script.reason;
  return script.commands.map((command) => {
    if (command.kind === 'opaque') return `? ${command.reason} ${command.joiner}`;
    const word = (given: ShellWord): string => given.parts.map((part) => (part.kind === 'literal' ? part.text : `<${part.name}>`)).join('') + (given.hasPattern ? '%' : '');
    return [
      ...command.assignments.map(({ name, value }) => `${name}:=${word(value)}`),
      ...command.words.map((each) => `[${word(each)}]`),
      ...command.redirections.map(({ descriptor, operator, target }) => `${descriptor ?? ''}${operator}${word(target)}`),
      command.joiner,
    ].join(' ');
  });
}

describe('parseShell', () => {
  it.each<[string, readonly string[]]>([
    ['yum install -y a && pip install -r "$ROOT/r.txt" -t ${DIR}', ['[yum] [install] [-y] [a] &&', '[pip] [install] [-r] [<ROOT>/r.txt] [-t] [<DIR>] end']],
    ['a || b; c | d & e', ['[a] ||', '[b] ;', '[c] |', '[d] &', '[e] end']],
    ['a\n\nb ;\n', ['[a] ;', '[b] end']],
    ['a &&\n  b # comment && c', ['[a] &&', '[b] end']],
    ['a \\\n  b\\\nc', ['[a] [bc] end']],
    ['A=1 B="x $C" cmd D=2', ['A:=1 B:=x <C> [cmd] [D=2] end']],
    ['A= B=\'*\'', ['A:= B:=* end']],
    ['cmd >f 2>&1 </dev/null 2>>"a b"', ['[cmd] >f 2>&1 </dev/null 2>>a b end']],
    ['echo 2 >f', ['[echo] [2] >f end']],
    ['rm -rf *.py "*.c" a[bc] \\* x?', ['[rm] [-rf] [*.py%] [*.c] [a[bc]%] [*] [x?%] end']],
    ['[ -f a ] && b', ['[[] [-f] [a] []] &&', '[b] end']],
    ['cp ~/a ~ "~"', ['[cp] [<HOME>/a] [<HOME>] [~] end']],
    ['echo "a\\"b\\$c\\d" \'e\\f\' g\\ h ""', ['[echo] [a"b$c\\d] [e\\f] [g h] [] end']],
    ['echo $1 $? a$ $.', ['[echo] [<1>] [<?>] [a$] [$.] end']],
    ['echo ${X:-y} "${Z%.*}"', ['[echo] [<X>] [<Z>] end']],
    ['', []],
  ])('%j', (text, expected) => {
    expect(shown(text)).toEqual(expected);
  });

  it.each<[string, readonly string[]]>([
    ['a $(b "c d") && d', ['? it holds a command substitution &&', '[d] end']],
    ['a "`b`"; c', ['? it holds a command substitution ;', '[c] end']],
    ['a $((1 + 2))', ['? it computes something end']],
    ['echo {a,b} && c', ['? some shells expand braces &&', '[c] end']],
    ['cd ~root; ! a', ['? ~ may name the folder of another user ;', '? it turns the outcome around end']],
    ['cat <<< x', ['? it holds a here-string end']],
    ['A+=x b', ['? it assigns as only some shells do end']],
  ])('leaves the command opaque in %j', (text, expected) => {
    expect(shown(text)).toEqual(expected);
  });

  it.each<[string, string]>([
    ['(a; b)', 'it holds a subshell or a function'],
    ['f() { a; }', 'it holds a subshell or a function'],
    ['if a; then b; fi', "it holds the shell's if"],
    ['a && { b; }', "it holds the shell's {"],
    ['for i in a; do b; done', "it holds the shell's for"],
    ['while a; do b; done', "it holds the shell's while"],
    ['[[ -f a ]] && b', "it holds the shell's [["],
    ['case a in b) c;; esac', "it holds a subshell or a function"],
    ['cat <<EOF\nx\nEOF', 'it holds a here-document'],
    ['a "b', 'a quote is not closed'],
    ["a 'b", 'a quote is not closed'],
    ['a &&', 'nothing stands behind &&'],
    ['&& a', 'nothing stands before &&'],
    ['a; ; b', 'nothing stands before ;'],
    ['a >', 'nothing stands behind >'],
    ['a $(b', 'it holds a command substitution'],
    ['a "$(b "$(c)")"', 'it holds a command substitution'],
    ["a $'b'", "$' means different things to different shells"],
    ['a &> b', '&> means different things to different shells'],
    ['a <(b)', 'it holds a subshell or a function'],
    ['echo ${X:-"a b"}', 'it holds an expansion that is not simple'],
    ['a\\', 'the text ends with a backslash'],
  ])('leaves the script opaque in %j', (text, reason) => {
    expect(shown(text)).toBe(reason);
  });

  it('gives ranges in the text', () => {
    const text = 'A=1 pip  install "a b" && c >x';
    const script = parseShell(text);
    if (script.kind === 'opaque') throw new Error(script.reason);
    expect(script.commands.map(({ span }) => text.slice(span.start, span.end))).toEqual(['A=1 pip  install "a b"', 'c >x']);
    const [first] = script.commands;
    expect(first?.kind === 'simple' ? first.words.map(({ span }) => text.slice(span.start, span.end)) : []).toEqual(['pip', 'install', '"a b"']);
    expect(first?.kind === 'simple' ? first.assignments.map(({ value }) => text.slice(value.span.start, value.span.end)) : []).toEqual(['1']);
  });

  it('never throws, and words slice back', () => {
    const piece = fc.constantFrom('a', ' ', '"', "'", '\\', '$', '{', '}', '(', ')', '`', '&', '|', ';', '<', '>', '\n', '#', '=', '*', '[', ']', '~', '!', '2', 'if', '\r\n');
    fc.assert(fc.property(fc.array(piece, { maxLength: 25 }).map((parts) => parts.join('')), (text) => {
      const script = parseShell(text);
      if (script.kind === 'opaque') return;
      for (const command of script.commands) {
        if (command.kind === 'simple') for (const word of command.words) expect(text.slice(word.span.start, word.span.end)).toBe(word.text);
      }
    }), { numRuns: 2_000 });
  });

  it('sees the words that a shell sees', () => {
    const piece = fc.constantFrom('a', 'b c', ' ', '  ', '"', "'", '\\', 'x', '=', '-', '.', '/', ':', '%', ',', '\\\n', '#');
    const texts = fc.sample(fc.array(piece, { minLength: 1, maxLength: 12 }).map((parts) => `: ${parts.join('')}`), { numRuns: 400, seed: 7 })
      .filter((text) => {
        const read = parseShell(text);
        return read.kind === 'script' && read.commands.length === 1;
      });
    const script = texts.map((text) => `${text.replace(/^:/u, 'show')}\n`).join('');
    const out = execFileSync('sh', ['-c', `show() { printf '<%s>' "$@"; echo; }\n${script}`], { encoding: 'utf8' });
    const mine = texts.map((text) => {
      const read = parseShell(text);
      const [command] = read.kind === 'script' ? read.commands : [];
      const words = command?.kind === 'simple' ? command.words.slice(1).map((word) => word.value ?? '?') : [];
      return `${words.length === 0 ? '<>' : words.map((word) => `<${word}>`).join('')}\n`;
    });
    expect(texts.length).toBeGreaterThan(100);
    expect(out).toBe(mine.join(''));
  });
});
