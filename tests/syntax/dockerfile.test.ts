import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDockerfile, type Dockerfile, type DockerfileInstruction } from '../../src/syntax/dockerfile.ts';

const sample = String.raw`# syntax=docker/dockerfile:1
# a comment ends the directives
# escape=${'`'}
ARG VERSION=3.12
from --platform=linux/amd64 public.ecr.aws/lambda/python:${'${VERSION}'} AS Build

ENV A=1 B="x y" \
  # between

  C=z
COPY --from=other --chown=1:2 a b\
c /d/
RUN --mount=type=cache,target=/root/.cache --mount=type=bind,source=x pip install \
    -r requirements.txt \
    && true
RUN ["a", "b\tc"]
RUN [ -f x ]
RUN <<EOF
echo hi # no comment
EOF
COPY <<-"ONE" <<TWO /x/
	a $X
	ONE
b \
TWO
WORKDIR /my folder
EXPOSE 80 443/tcp
FROM scratch
ENTRYPOINT ["/lambda-entrypoint.sh"]
ONBUILD RUN echo
HEALTHCHECK NONE
CMD app.handler`;

function parse(text: string): Dockerfile {
  const result = parseDockerfile({ path: 'Dockerfile', text });
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

function faults(text: string): readonly string[] {
  const result = parseDockerfile({ path: 'Dockerfile', text });
  return result.ok ? [] : result.error.map(({ what, place, next }) => `${place?.line ?? 0}:${place?.column ?? 0} ${what}; ${next ?? ''}`);
}

function all(dockerfile: Dockerfile): readonly DockerfileInstruction[] {
  return [...dockerfile.globalArguments, ...dockerfile.stages.flatMap((stage) => [stage.from, ...stage.instructions])];
}

describe.each([
  ['LF', (text: string) => text],
  ['CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
  ['a byte order mark and CRLF', (text: string) => `\uFEFF${text.replaceAll('\n', '\r\n')}`],
])('a Dockerfile with %s', (_, change) => {
  const text = change(sample);
  const dockerfile = parse(text);
  const slice = ({ start, end }: { readonly start: number; readonly end: number }): string => text.slice(start, end).replaceAll('\r', '');

  it('has its directives and stages', () => {
    expect(dockerfile).toMatchObject({ escape: '\\', syntaxDirective: 'docker/dockerfile:1', newline: text.includes('\r') ? '\r\n' : '\n' });
    expect(dockerfile.globalArguments.map((instruction) => instruction.argument)).toEqual(['VERSION=3.12']);
    expect(dockerfile.stages.map(({ index, name, platform, base }) => [index, name, platform, base.text])).toEqual([
      [0, 'build', 'linux/amd64', 'public.ecr.aws/lambda/python:${VERSION}'], [1, undefined, undefined, 'scratch'],
    ]);
  });

  it('has its instructions in their forms', () => {
    expect(all(dockerfile).map(({ keyword, form, words }) => [keyword, form, ...words.map((word) => word.text)])).toEqual([
      ['ARG', 'words', 'VERSION=3.12'],
      ['FROM', 'words', 'public.ecr.aws/lambda/python:${VERSION}', 'AS', 'Build'],
      ['ENV', 'words', 'A=1', 'B="x y"', 'C=z'],
      ['COPY', 'words', 'a', 'bc', '/d/'],
      ['RUN', 'shell'],
      ['RUN', 'exec', 'a', 'b\tc'],
      ['RUN', 'shell'],
      ['RUN', 'shell'],
      ['COPY', 'words', '<<-"ONE"', '<<TWO', '/x/'],
      ['WORKDIR', 'words', '/my folder'],
      ['EXPOSE', 'words', '80', '443/tcp'],
      ['FROM', 'words', 'scratch'],
      ['ENTRYPOINT', 'exec', '/lambda-entrypoint.sh'],
      ['ONBUILD', 'shell'],
      ['HEALTHCHECK', 'words', 'NONE'],
      ['CMD', 'shell'],
    ]);
  });

  it('has ranges that slice back to what is written', () => {
    const [, from, env, copy, run, , , heredoc, heredocs] = all(dockerfile);
    expect(from && slice(from.span)).toBe('from --platform=linux/amd64 public.ecr.aws/lambda/python:${VERSION} AS Build');
    expect(env?.words.map((word) => slice(word.span))).toEqual(['A=1', 'B="x y"', 'C=z']);
    expect(copy?.words.map((word) => slice(word.span))).toEqual(['a', 'b\\\nc', '/d/']);
    expect(copy?.flags.map((flag) => [flag.name, flag.value, slice(flag.span)])).toEqual([['from', 'other', '--from=other'], ['chown', '1:2', '--chown=1:2']]);
    expect(run?.flags.map((flag) => flag.value)).toEqual(['type=cache,target=/root/.cache', 'type=bind,source=x']);
    expect(run && slice(run.argumentSpan)).toBe('pip install \\\n    -r requirements.txt \\\n    && true');
    expect(run?.argument).toBe('pip install     -r requirements.txt     && true');
    expect(heredoc && slice(heredoc.span)).toBe('RUN <<EOF\necho hi # no comment\nEOF');
    expect(heredocs?.heredocs.map(({ name, content, expand }) => [name, content.replaceAll('\r', ''), expand])).toEqual([['ONE', 'a $X\n', false], ['TWO', 'b \\\n', true]]);
  });
});

describe('parsing', () => {
  it('takes the backtick as escape character', () => {
    const [, , run] = all(parse('# escape=`\nFROM a\nCOPY a C:\\\nRUN a `\n  b\n'));
    expect(run?.argument).toBe('a   b');
  });

  it('keeps a doubled escape and trailing blanks apart from continuations', () => {
    expect(all(parse('FROM a\nRUN a \\\\\nRUN b \\  \n  c\n')).map((instruction) => instruction.argument)).toEqual(['a', 'a \\\\', 'b   c']);
  });

  it('ends at a continuation that has no next line', () => {
    expect(all(parse('FROM a\nRUN b \\\n')).at(-1)?.argument).toBe('b');
  });

  it.each([
    ['', '1:1 Dockerfile has no instructions; add FROM and what the image needs'],
    ['# c\n', '1:1 Dockerfile has no instructions; add FROM and what the image needs'],
    ['ARG A=1\n', '1:1 Dockerfile has no FROM; add a FROM line above the others'],
    ['RUN x\nFROM a\n', '1:1 RUN stands before the first FROM; move the line below FROM'],
    ['FROM a\nCOPPY x y\n', '2:1 COPPY is no Dockerfile instruction; did you mean COPY?'],
    ['FROM a\nRUN x\n  && y\n', '3:3 && is no Dockerfile instruction; correct the line, or end the line before with a backslash'],
    ['FROM a b\n', '1:1 FROM takes an image, or an image, AS and a name; write FROM image or FROM image AS name'],
    ['FROM a AS 1x\n', '1:1 1x cannot be the name of a stage; use a letter, then letters, digits, dots, dashes and underscores'],
    ['FROM a\nCOPY x\n', '2:1 COPY needs a source and a destination; write COPY source destination'],
    ['FROM a\nSHELL bash\n', '2:1 SHELL takes a JSON array; write SHELL ["/bin/sh", "-c"]'],
    ['FROM a\nRUN\n', '2:1 RUN has no argument; add what it needs, or take the line out'],
    ['FROM a\nRUN <<EOF\nx\n', '2:1 the heredoc EOF never ends; add a line EOF after the text'],
    ['# escape=x\nFROM a\n', '1:1 the escape directive names an unknown character; write # escape=` or take the line out'],
  ])('%j is a fault with its place', (text, fault) => {
    expect(faults(text)[0]).toBe(fault);
  });

  it('never throws, and ranges stay within the file', () => {
    const piece = fc.constantFrom('FROM ', 'a', 'RUN ', 'COPY ', 'env ', '--from=x ', '\n', '\r\n', '\\', '\\\n', '#', ' ', '"', "'", '[', ']', ',', '<<EOF', '<<-"E" ', '\nEOF\n', '$X', '=', 'ONBUILD ', '`', '# escape=`\n', '\uFEFF', '\t');
    fc.assert(fc.property(fc.array(piece, { maxLength: 40 }).map((parts) => `FROM a\n${parts.join('')}`), (text) => {
      const result = parseDockerfile({ path: 'Dockerfile', text });
      if (!result.ok) {
        expect(result.error.length).toBeGreaterThan(0);
        return;
      }
      for (const instruction of all(result.value)) {
        expect(text.slice(instruction.span.start).toUpperCase().startsWith(instruction.keyword)).toBe(true);
        for (const word of instruction.words) {
          expect(word.span.start).toBeGreaterThanOrEqual(instruction.span.start);
          expect(word.span.end).toBeLessThanOrEqual(text.length);
          if (instruction.form === 'words' && !/[\\`]\s*\n/u.test(text.slice(word.span.start, word.span.end))) expect(text.slice(word.span.start, word.span.end)).toBe(word.text);
        }
      }
    }), { numRuns: 1_000 });
  });
});
