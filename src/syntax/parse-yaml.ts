import { Composer, Parser, type CST, type Document, type Tags, type YAMLParseError } from 'yaml';
import { fault, type Fault, type FaultCode } from '../base/fault.ts';
import { err, ok, type Result } from '../base/result.ts';
import { placeAt, squiggle, type SourceFile, type Span } from '../base/source.ts';
import { readCommonYaml } from './common-yaml.ts';
import { brokenFlows, onOneLine } from './flow-lines.ts';
import { newlineOf } from './newline.ts';
import { readTree } from './yaml-nodes.ts';
import type { YamlDocument } from './yaml.ts';

/** Levels of nesting; templates that people write stay below 30. */
const deepest = 200;

/** Faults worth showing of one file: what follows a broken line is mostly an echo of it. */
const mostFaults = 5;

/**
 * Parses a CloudFormation template (or a samconfig.yaml), YAML or JSON, into nodes with their ranges.
 * Faults (`syntax/yaml`, `syntax/json`) carry place and excerpt: bad syntax, an empty file, several documents, a root that
 * is no map, keys that are no text, unknown aliases, nesting beyond 200 levels, aliases that multiply without bound.
 */
export function parseYaml(source: SourceFile): Result<YamlDocument, readonly Fault[]> {
  const body = source.text.replace(/^\uFEFF/u, '');
  const isJson = /\.json$/iu.test(source.path) || body.trimStart().startsWith('{');
  if (body.trim() === '') return empty(source, isJson);
  const common = readCommonYaml(source, isJson);
  if (common) return ok({ source, ...common, newline: newlineOf(source.text) });
  return parseAnyYaml(source, isJson);
}

/** The same by a reader of all of YAML, which takes several times as long. `isJson`: bare words are read as JSON has them. */
export function parseAnyYaml(source: SourceFile, isJson: boolean): Result<YamlDocument, readonly Fault[]> {
  const report = reporter(source, isJson ? 'syntax/json' : 'syntax/yaml');
  const composed = compose(source);
  if ('tooDeep' in composed) {
    return err([report({ start: composed.tooDeep, end: composed.tooDeep + 1 }, `the file nests more than ${deepest} levels deep`, { why: 'no template needs that; the file may be damaged', next: 'look at the brackets and the indentation here' })]);
  }
  const [first, second] = composed.documents;
  const faults = composed.documents.flatMap((document) => document.errors).slice(0, mostFaults).map((error) => syntaxFault(report, source, error));
  if (faults.length > 0) return err(faults);
  if (!first?.contents) return empty(source, isJson);
  if (second) {
    return err([report(rangeOf(second), 'a second document starts here', { why: 'a template is a single YAML document', next: 'take the --- line out, or split the file' })]);
  }
  const { root, duplicates, obstacles } = readTree(source, first.contents, isJson);
  if (obstacles.length > 0) return err(obstacles.slice(0, mostFaults).map(({ span, what, why, next }) => report(span, what, { why, next })));
  if (root.kind !== 'map' || root.tag !== undefined) {
    if (root.kind === 'scalar' && root.value === null) return empty(source, isJson);
    const what = root.kind === 'map' ? `the short tag ${root.tag ?? ''}` : root.kind === 'list' ? 'a list' : 'a single value';
    return err([report(root.span, `${source.path} holds ${what} where a map is expected`, { why: 'a template is a map with sections such as Resources', next: 'start the file with a key and a colon' })]);
  }
  return ok({ source, root, duplicates, newline: newlineOf(source.text) });
}

function empty(source: SourceFile, isJson: boolean): Result<never, readonly Fault[]> {
  return err([fault(isJson ? 'syntax/json' : 'syntax/yaml', `${source.path} is empty`, { place: placeAt(source, 0), why: 'a map of keys and values is expected', next: 'restore the file, or name another one' })]);
}

type Report = (span: Span, what: string, more: { readonly why?: string; readonly next: string }) => Fault;

function reporter(source: SourceFile, code: FaultCode): Report {
  return (span, what, more) => fault(code, what, { place: placeAt(source, span.start), excerpt: squiggle(source, span), ...more });
}

function compose(source: SourceFile): { readonly documents: readonly Document.Parsed[] } | { readonly tooDeep: number } {
  const tokens = tokensOf(source.text);
  const tooDeep = deepToken(tokens);
  if (tooDeep !== undefined) return { tooDeep };
  // The plain schema leaves every scalar as text: CloudFormation's own reading is in yaml-scalar.ts.
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false, logLevel: 'silent', prettyErrors: false, customTags: shortTags(source.text) });
  return { documents: [...composer.compose(tokens, true, source.text.length)] };
}

/** More flow collections than this are not mended one after the other: the file is broken in another way. */
const mostMended = 200;

function tokensOf(text: string): readonly CST.Token[] {
  let tokens = [...new Parser().parse(text)];
  let mended = text;
  for (let left = mostMended; left > 0; ) {
    const before = mended;
    for (const start of brokenFlows(tokens)) {
      if (left-- > 0) mended = onOneLine(mended, start) ?? mended;
    }
    if (mended === before) break;
    tokens = [...new Parser().parse(mended)];
  }
  return tokens;
}

/** Declares every short tag that the text may use, for each kind of node: the warnings about unknown ones would double the time. */
function shortTags(text: string): Extract<Tags, readonly unknown[]> {
  const names = new Set(text.match(/![A-Za-z][\w:.-]*/gu));
  return [...names].flatMap((tag) => [{ tag, resolve: (value: string) => value }, { tag, collection: 'map' as const }, { tag, collection: 'seq' as const }]);
}

/** The offset of the first token beyond the deepest level; walks with its own stack, since the tree may be too deep for the call stack. */
function deepToken(tokens: readonly CST.Token[]): number | undefined {
  const waiting: { readonly token: CST.Token; readonly depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { token, depth } = next;
    if (depth > deepest) return token.offset;
    if (token.type === 'document') {
      if (token.value) waiting.push({ token: token.value, depth: depth + 1 });
    } else if ('items' in token) {
      for (const item of token.items) {
        if (item.key) waiting.push({ token: item.key, depth: depth + 1 });
        if (item.value) waiting.push({ token: item.value, depth: depth + 1 });
      }
    }
  }
  return undefined;
}

function rangeOf(document: Document.Parsed): Span {
  const start = document.contents?.range?.[0] ?? document.range[0];
  return { start, end: start + 1 };
}

function syntaxFault(report: Report, source: SourceFile, error: YAMLParseError): Fault {
  const [start, end] = error.pos;
  // At the end of the file the last character that is written shows more than an empty line.
  const at = start >= source.text.length ? Math.max(0, source.text.trimEnd().length - 1) : start;
  const [what, why, next] = wording(error);
  return report({ start: at, end: Math.max(at + 1, end) }, what, { why, next });
}

function wording(error: YAMLParseError): readonly [what: string, why: string, next: string] {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return ['a tab is used to indent', 'YAML indents with spaces alone', 'replace the tab by spaces'];
    case 'BAD_INDENT':
      return ['the indentation does not fit what is above', 'entries of one map or list start in the same column', 'align the line with its siblings'];
    case 'MISSING_CHAR':
      return [`the syntax is broken: ${lowered(error.message)}`, 'a colon, comma, quote or bracket is not there', 'add the missing character'];
    case 'MULTILINE_IMPLICIT_KEY':
      return ['a key goes over several lines', 'mostly a colon is missing after a key, or a quote or bracket is not closed', 'write the key and its colon on one line'];
    case 'BLOCK_AS_IMPLICIT_KEY':
      return ['a second key stands on the line of the first', 'a value that contains ": " must be quoted, nested entries go on a line of their own', 'quote the value or break the line'];
    case 'UNEXPECTED_TOKEN':
      return [`the syntax is broken: ${lowered(error.message)}`, 'this text cannot stand here', 'look at the quotes and the indentation around it'];
    default:
      return [`the syntax is broken: ${lowered(error.message)}`, 'YAML does not allow this here', 'correct the line'];
  }
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/u, '');
}
