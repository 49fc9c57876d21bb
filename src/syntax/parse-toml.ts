import { parse, TomlError } from 'smol-toml';
import { fault, type Fault } from '../base/fault.ts';
import { err, ok, type Result } from '../base/result.ts';
import { placeAt, squiggle, type SourceFile } from '../base/source.ts';
import { newlineOf } from './newline.ts';
import { scanToml } from './toml-scan.ts';
import type { TomlDocument } from './toml.ts';

/** Levels of arrays and inline tables. */
const deepest = 200;

/**
 * Parses a TOML 1.0 file (samconfig.toml, pyproject.toml) into nodes with their ranges.
 * The fault (`syntax/toml`) carries place and excerpt; an empty file is a valid, empty document.
 */
export function parseToml(source: SourceFile): Result<TomlDocument, Fault> {
  try {
    parse(source.text, { maxDepth: deepest, integersAsBigInt: 'asNeeded' });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return err(syntaxFault(source, error));
  }
  return ok({ source, ...scanToml(source.text), newline: newlineOf(source.text) });
}

function syntaxFault(source: SourceFile, error: TomlError): Fault {
  const lineStart = offsetOfLine(source.text, error.line);
  const start = Math.min(source.text.length, lineStart + error.column - 1);
  // At a line's end the character before it shows more than nothing.
  const at = start > lineStart && /^(?:\r?\n|$)/u.test(source.text.slice(start, start + 2)) ? start - 1 : start;
  const span = { start: at, end: at + 1 };
  const reason = /^Invalid TOML document: (.*)/u.exec(error.message)?.[1] ?? 'it cannot be read';
  return fault('syntax/toml', `${source.path} is no valid TOML: ${reason}`, {
    place: placeAt(source, at), excerpt: squiggle(source, span),
    why: 'TOML takes key = value lines under [section] headers', next: 'correct the line',
  });
}

function offsetOfLine(text: string, line: number): number {
  // The parser's columns count a byte order mark.
  let offset = 0;
  for (let i = 1; i < line; i++) {
    const newline = text.indexOf('\n', offset);
    if (newline < 0) return offset;
    offset = newline + 1;
  }
  return offset;
}
