import { failure, type Failure } from '../../base/fault.ts';
import { withoutSecrets } from '../../base/redact.ts';
import type { DependencySource, RequirementTexts } from './requirement-texts.ts';
import type { WheelTarget } from './tags.ts';
import { normalizeName } from './wheel-name.ts';

/** What was being resolved when uv failed. */
export interface Resolving {
  readonly texts: RequirementTexts;
  readonly target: WheelTarget;
  readonly source: DependencySource;
}

/** `CPython 3.12, x86_64, glibc 2.34`. */
export function printTarget({ python, architecture, glibc }: WheelTarget): string {
  return `CPython ${python.major}.${python.minor}, ${architecture}, glibc ${glibc.join('.')}`;
}

/** The failure that uv's stderr amounts to, with the lines that tell why and the place of the package concerned. */
export function resolutionFailure(stderr: string, of: Resolving): Failure {
  const lines = tellingLines(withoutSecrets(stderr));
  const why = lines.join('\n');
  const asked = printTarget(of.target);
  const missing = /(?:^|\s)([\w.-]+) was not found in the package registry/u.exec(why)?.[1];
  if (/\b(?:401|403)\b|Unauthorized|Forbidden/u.test(why)) {
    return failure('registry/unauthorized', 'the package index refuses access', {
      place: firstPlace(of, undefined), why, next: 'set the credentials that uv uses for it (UV_INDEX_<NAME>_USERNAME and …_PASSWORD, netrc, or the index URL)',
    });
  }
  const lost = /HTTP status client error \((?:404|410)[^)]*\) for url \(([^)]+\.(?:whl|zip|tar\.gz|metadata))\)/u.exec(why)?.[1];
  if (lost !== undefined) {
    const file = lost.slice(lost.lastIndexOf('/') + 1);
    return failure('dependencies/not-in-index', `the package index lists ${file} and does not have it`, {
      place: firstPlace(of, file.split('-')[0]), why, next: 'check the package index or its mirror, or ask for another release',
    });
  }
  const damaged = /Because ([\w.-]+)==\S+ has an invalid package format/u.exec(why)?.[1];
  if (damaged !== undefined) {
    return failure('archive/corrupt', `the package index serves a ${damaged} that is no good wheel`, {
      place: firstPlace(of, damaged), why, next: 'run the same command again; if it happens again, the index or a proxy before it changes the file, or the release is broken: ask for another one',
    });
  }
  if (/error sending request|client error \(Connect\)|dns error|Connection refused|connection (?:reset|closed)|operation timed out|Failed to fetch|Network connectivity is disabled|network was disabled|not found in the cache|server error|\b50[0-9]\b/iu.test(why) && missing === undefined) {
    return failure('network/unreachable', 'the package index does not answer', {
      place: firstPlace(of, undefined), why, next: 'check the network, the proxy and the index (UV_DEFAULT_INDEX, PIP_INDEX_URL, uv.toml, pip.conf), then run the same command again',
    });
  }
  if (/Couldn't parse requirement|Unexpected|Expected .* at|error while parsing/iu.test(lines[0] ?? '') && !/No solution/u.test(why)) {
    return failure('syntax/requirements', 'uv cannot read the requirements', { place: firstPlace(of, undefined), why, next: 'correct the line' });
  }
  const unwheeled = /(?:all versions of )?([A-Za-z0-9][\w.-]*)(?:[=<>!~][^\s]*)? (?:has|have) no (?:usable )?wheels/u.exec(why)?.[1];
  if (unwheeled !== undefined) {
    return failure('dependencies/no-wheel', `${unwheeled} has no wheel that runs on ${asked}`, {
      place: firstPlace(of, unwheeled), why,
      next: `choose a release of ${unwheeled} with such a wheel, or build the function with the buildkit engine, which compiles it in the base image`,
    });
  }
  if (missing !== undefined) {
    return failure('dependencies/not-in-index', `the package index has no ${missing}`, {
      place: firstPlace(of, missing), why, next: 'correct the name, or name the index that has it (UV_DEFAULT_INDEX, uv.toml, PIP_INDEX_URL, pip.conf)',
    });
  }
  if (/No interpreter found|no Python interpreters? found|No Python at/iu.test(why)) {
    return failure('tool/missing', 'uv found no Python on this machine', { why: 'it needs some version of one to resolve; any will do', next: 'install Python 3 (`uv python install`, or your system\'s package)' });
  }
  return failure('dependencies/unresolvable', `the requirements cannot be met for ${asked}`, {
    place: firstPlace(of, names(why).find((name) => of.texts.places.has(name))), why, next: 'loosen or change the requirements that contradict each other',
  });
}

/** uv's message without warnings, decoration and what repeats. */
function tellingLines(stderr: string): readonly string[] {
  const lines = stderr.split(/\r?\n/u);
  const start = lines.findIndex((line) => /^\s*(?:error:|×)/u.test(line));
  const told = lines
    .slice(Math.max(0, start))
    .map((line) => line.replace(/^\s*(?:error:|×|╰─▶|├─▶|│|cause:)\s*/u, '').replace(/^\s*(?:│|cause:)\s*/u, '').trim())
    .filter((line) => line !== '' && !/^(?:warning|Resolved|Prepared)\b/u.test(line));
  const [first = '', ...rest] = [...new Set(told)];
  const kept = /^No solution found/u.test(first) ? rest : [first, ...rest];
  return kept.slice(0, 14);
}

function names(text: string): readonly string[] {
  return Array.from(text.matchAll(/[A-Za-z0-9][\w.-]*/gu), (match) => normalizeName(match[0]));
}

function firstPlace(of: Resolving, name: string | undefined): { readonly file: string; readonly line: number; readonly column: number } | undefined {
  const own = name === undefined ? undefined : of.texts.places.get(normalizeName(name));
  if (own) return own;
  const [first] = of.texts.places.values();
  return first && { file: first.file, line: 1, column: 1 };
}
