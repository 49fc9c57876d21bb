import { fault, type Fault } from '../base/fault.ts';
import { err, ok, type Result } from '../base/result.ts';
import { placeAt, squiggle, type SourceFile, type Span } from '../base/source.ts';
import { nearest } from '../base/nearest.ts';
import { newlineOf } from './newline.ts';
import { joinedLines, type JoinedLine } from './requirements-lines.ts';
import type { RequirementsFile, RequirementsLine } from './requirements.ts';

/**
 * Parses a requirements file line by line; environment variables (`${NAME}`) stay as written.
 * Faults (`syntax/requirements`, with place and excerpt): lines that are no requirement, unknown options, options without their
 * value, hashes of a form that pip refuses. Source: pip's documentation, "Requirements File Format"; PEP 508 for requirements.
 */
export function parseRequirements(source: SourceFile): Result<RequirementsFile, readonly Fault[]> {
  const faults: Fault[] = [];
  const report: Report = (span, what, more) =>
    void faults.push(fault('syntax/requirements', what, { place: placeAt(source, span.start), excerpt: squiggle(source, span), ...more }));
  const lines = joinedLines(source.text).flatMap((line): readonly RequirementsLine[] => {
    if (line.text === '') return line.comment ? [{ kind: 'comment', ...line.comment }] : [];
    return line.text.startsWith('-') ? readOptions(line, report) : readRequirement(line, report);
  });
  return faults.length > 0 ? err(faults) : ok({ source, lines, newline: newlineOf(source.text) });
}

/** PEP 503: lower case, runs of `-`, `_` and `.` as one dash. */
export function normalizedProjectName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/gu, '-');
}

/** Whether a specifier admits one version alone: `==1.2.3` without a wildcard, or `===`. */
export function isExactPin(specifier: string): boolean {
  return /^\s*(?:===\s*[^\s,]+|==\s*[^\s,*=]+)\s*$/u.test(specifier);
}

type Report = (span: Span, what: string, more: { readonly why: string; readonly next: string }) => void;

interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Options that stand on a line of their own, with their short forms; `true` where a value follows. */
const options: ReadonlyMap<string, boolean> = new Map([
  ['--index-url', true], ['--pypi-url', true], ['--extra-index-url', true], ['--no-index', false], ['--find-links', true],
  ['--no-binary', true], ['--only-binary', true], ['--prefer-binary', false], ['--require-hashes', false], ['--pre', false],
  ['--trusted-host', true], ['--use-feature', true], ['--requirement', true], ['--constraint', true], ['--editable', true],
  ['--always-unzip', false], ['--global-option', true], ['--config-settings', true], ['--config-setting', true], ['--hash', true],
]);

const shortOptions: ReadonlyMap<string, string> = new Map([
  ['-i', '--index-url'], ['-f', '--find-links'], ['-r', '--requirement'], ['-c', '--constraint'], ['-e', '--editable'], ['-Z', '--always-unzip'], ['-C', '--config-settings'],
]);

interface Option {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

function readOptions(line: JoinedLine, report: Report): readonly RequirementsLine[] {
  return optionsIn(line, tokens(line.text, 0), report).map((option): RequirementsLine => {
    const { name, value } = option;
    const span = line.spanOf(option.start, option.end);
    if (name === '--requirement') return { kind: 'include', path: value, span };
    if (name === '--constraint') return { kind: 'constraint', path: value, span };
    if (name === '--editable') return { kind: 'editable', target: value, span };
    return { kind: 'option', name, value, span };
  });
}

function optionsIn(line: JoinedLine, given: readonly Token[], report: Report): readonly Option[] {
  const found: Option[] = [];
  for (let i = 0; i < given.length; i++) {
    const token = given[i];
    if (!token) break;
    const { name, glued } = optionName(token.text);
    const takesValue = options.get(name);
    const span = line.spanOf(token.start, token.end);
    if (takesValue === undefined) {
      const close = token.text.startsWith('--') ? nearest(name, [...options.keys()]) : undefined;
      report(span, `${name} is no option of a requirements file`, { why: 'pip stops at an option that it does not know', next: close === undefined ? 'correct the line or take it out' : `did you mean ${close}?` });
      return found;
    }
    const following = takesValue && glued === undefined ? given[++i] : undefined;
    if (takesValue && (glued ?? following?.text ?? '') === '') {
      report(span, `${name} has no value`, { why: 'it must be followed by one', next: 'add the value or take the line out' });
      return found;
    }
    found.push({ name, value: glued ?? following?.text ?? '', start: token.start, end: following?.end ?? token.end });
  }
  return found;
}

/** `--name=value`, `-rfile`, `-r`. */
function optionName(text: string): { readonly name: string; readonly glued: string | undefined } {
  if (text.startsWith('--')) {
    const at = text.indexOf('=');
    return at < 0 ? { name: text, glued: undefined } : { name: text.slice(0, at), glued: text.slice(at + 1) };
  }
  const long = shortOptions.get(text.slice(0, 2));
  const rest = text.slice(2).replace(/^=/u, '');
  return { name: long ?? text, glued: rest === '' ? undefined : rest };
}

function readRequirement(line: JoinedLine, report: Report): readonly RequirementsLine[] {
  const optionsAt = /\s--?[A-Za-z]/u.exec(line.text)?.index ?? line.text.length;
  const body = line.text.slice(0, optionsAt).trimEnd();
  const given = optionsIn(line, tokens(line.text, optionsAt), report);
  const span = line.spanOf(0, line.text.length);
  const hashes = given.filter((option) => option.name === '--hash');
  for (const hash of hashes) {
    if (/^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/iu.test(hash.value)) continue;
    report(line.spanOf(hash.start, hash.end), `${hash.value} is no hash that pip takes`, { why: 'it is sha256, sha384 or sha512, a colon and all the hex digits', next: 'write the hash anew, for example with `shear lock`' });
  }
  const match = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*(.*)$/su.exec(body);
  const tail = match?.[1] === undefined ? undefined : readTail(match[3] ?? '');
  const extras = (match?.[2] ?? '').split(',').map((extra) => extra.trim()).filter((extra) => extra !== '');
  const hasGoodExtras = extras.every((extra) => /^[A-Za-z0-9][A-Za-z0-9._-]*$/u.test(extra));
  if (match?.[1] !== undefined && tail && hasGoodExtras && !isLocation(body, tail)) {
    const comment = line.comment?.text;
    return [{ kind: 'requirement', name: match[1], normalizedName: normalizedProjectName(match[1]), extras, ...tail, hashes: hashes.map((hash) => hash.value), comment, span }];
  }
  if (looksLikeLocation(body)) return [{ kind: 'location', target: body, span }];
  report(line.spanOf(0, body.length), 'this line is no requirement', {
    why: 'a requirement is a name, extras in brackets, versions such as ==1.2 or >=1,<2, and a marker after ;', next: 'correct the line, or put a # before it',
  });
  return [];
}

interface Tail {
  readonly specifier: string;
  readonly url: string | undefined;
  readonly marker: string | undefined;
}

/** What follows name and extras; undefined when it fits no form. */
function readTail(text: string): Tail | undefined {
  if (text.startsWith('@')) {
    // Within an address a semicolon is part of it, unless a blank stands before.
    const match = /^@\s*(\S+)(?:\s+;\s*(.+))?$/su.exec(text);
    return match?.[1] === undefined ? undefined : { specifier: '', url: match[1], marker: match[2]?.trim() };
  }
  const at = text.indexOf(';');
  const marker = at < 0 ? undefined : text.slice(at + 1).trim();
  const versions = (at < 0 ? text : text.slice(0, at)).trim();
  const specifier = /^\(.*\)$/su.test(versions) ? versions.slice(1, -1).trim() : versions;
  const clause = String.raw`(?:===|[~=!<>]=|<|>)\s*[^\s,;<>=!~()]+`;
  const isGood = specifier === '' || new RegExp(`^${clause}(?:\\s*,\\s*${clause})*\\s*,?$`, 'u').test(specifier);
  return isGood && marker !== '' ? { specifier, url: undefined, marker } : undefined;
}

/** `package.whl` and `archive.tar.gz` have the form of names but are files. */
function isLocation(body: string, tail: Tail): boolean {
  return tail.specifier === '' && tail.url === undefined && /\.(?:whl|zip|tar\.gz|tar\.bz2|tar\.xz|tgz)$/iu.test(body.replace(/\s*;.*$/su, ''));
}

function looksLikeLocation(body: string): boolean {
  const [first = ''] = body.split(/\s/u);
  return /^(?:[A-Za-z][A-Za-z0-9+.-]*:|\.|~|\$\{)/u.test(first) || /[\\/]/u.test(first) || /\.(?:whl|zip|tar\.gz|tar\.bz2|tar\.xz|tgz)(?:\[[^\]]*\])?(?:[;#]|$)/iu.test(first);
}

/** Words, quotes around a value removed. */
function tokens(text: string, from: number): readonly Token[] {
  return [...text.slice(from).matchAll(/(?:[^\s"']|"[^"]*"|'[^']*'|["'])+/gu)].map((match) => ({
    text: match[0].replace(/"([^"]*)"|'([^']*)'/gu, '$1$2'), start: from + match.index, end: from + match.index + match[0].length,
  }));
}
