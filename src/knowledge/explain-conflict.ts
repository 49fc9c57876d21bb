import { withoutSecrets } from '../base/redact.ts';

/** Longer reasons are cut: uv lists every version that it has tried. */
const longest = 420;

/**
 * What uv says when requirements cannot be resolved, as a sentence or two without full stop.
 * @param python the function's version, as `3.12`.
 */
export function explainConflict(stderr: string, python: string): string {
  const text = withoutSecrets(stderr).replace(/\r/gu, '');
  const build = /Failed to (?:build|download and build) `([^`]+)`/u.exec(text)?.[1];
  if (build !== undefined) return `${build.replace('==', ' ')} has no wheel for Python ${python}, and its source cannot be built: ${builderSaid(text)}`;
  const missing = /(?:^|\s)([\w.-]+) was not found in the package registry/u.exec(text)?.[1];
  const reason = paragraph(text);
  if (missing !== undefined) return `the package index has no ${missing}`;
  const needs = /the requested Python version \([^)]*\) does not satisfy Python(\S+) and (?:all versions of )?(\S+) depends? on Python/u.exec(reason);
  if (needs) return `${(needs[2] ?? '').replace('==', ' ')} needs Python ${worded(needs[1] ?? '')}, and the function has ${python}`;
  const short = reason.replace(/, we can conclude that /gu, ', so ').replace(/\.? ?And because you require /gu, '; you require ').replace(/^Because /u, '').replace(/your requirements are unsatisfiable\.?$/u, 'there is no set that fits').replace(/[.\s]+$/u, '');
  return short.length > longest ? `${short.slice(0, longest).replace(/[\s,]+\S*$/u, '')} …` : short;
}

/** `>=3.9,<3.13` → `3.9 or later and before 3.13`. */
function worded(specifier: string): string {
  const parts = specifier.replace(/[.,;]+$/u, '').split(',').map((part) => part.trim());
  return parts.map((part) => part.replace(/^>=(.*)$/u, '$1 or later').replace(/^<=(.*)$/u, '$1 or earlier').replace(/^<(.*)$/u, 'before $1').replace(/^>(.*)$/u, 'after $1')).join(' and ');
}

/** The causes of uv's error, with their lines joined; hints left out. */
function paragraph(text: string): string {
  const causes = text.split(/\n\s*\n(?=hint)/u)[0] ?? text;
  const lines = causes.split('\n').map((line) => line.replace(/^\s*(?:error:|×|╰─▶|├─▶|│|cause:)\s*/u, '').trim());
  return lines.filter((line) => line !== '' && !/^(?:No solution found|warning|Resolved|Prepared)/u.test(line)).join(' ').replace(/\s+/gu, ' ');
}

function builderSaid(text: string): string {
  const after = text.split(/\[stderr\]\s*\n/u)[1]?.split(/\n\s*\n(?=hint)/u)[0] ?? '';
  const lines = after.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  // A traceback tells most in its last line, a message in its first.
  const told = lines.some((line) => line.startsWith('Traceback')) ? lines.findLast((line) => /^\w*(?:Error|Exception)\b/u.test(line)) : lines.slice(0, 2).join(' ');
  return (told ?? lines.at(-1) ?? 'the builder gave no reason').slice(0, 160).replace(/[.\s]+$/u, '');
}
