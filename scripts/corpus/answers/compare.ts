/** What one invocation came to, as far as it can be compared. */
export interface Answer {
  readonly kind: 'response' | 'error' | 'no-answer';
  /** The payload's leaves by path; JSON in strings is opened, as API Gateway's `body` has it. */
  readonly leaves: Readonly<Record<string, string>>;
}

/** How two answers to the same event compare. */
export type Verdict = { readonly kind: 'same' | 'same-error' } | { readonly kind: 'different'; readonly paths: readonly string[] };

/** Reads what `shear invoke --json` printed. Places in code and request ids are left out: they may differ with every run. */
export function readAnswer(stdout: string): Answer {
  const outer = parsed(stdout.trim().split('\n').at(-1) ?? '');
  if (!isRecord(outer) || typeof outer['payload'] !== 'string') return { kind: 'no-answer', leaves: {} };
  const payload = parsed(outer['payload']);
  if (outer['kind'] === 'response') return { kind: 'response', leaves: Object.fromEntries(leavesOf('', payload)) };
  const error = isRecord(payload) ? payload : {};
  return { kind: 'error', leaves: { outcome: String(outer['kind']), errorType: String(error['errorType']), errorMessage: withoutIds(String(error['errorMessage'])) } };
}

/** Compares answers; leaves that differ between two runs of the same artefact (times, random numbers) say nothing. */
export function compareAnswers(before: Answer, beforeAgain: Answer, after: Answer): Verdict {
  const steady = (path: string): boolean => before.leaves[path] === beforeAgain.leaves[path];
  const paths = [...new Set([...Object.keys(before.leaves), ...Object.keys(after.leaves)])].filter((path) => steady(path) && before.leaves[path] !== after.leaves[path]);
  if (before.kind !== after.kind) return { kind: 'different', paths: [`${before.kind} → ${after.kind}`, ...paths] };
  if (paths.length > 0) return { kind: 'different', paths: paths.map((path) => `${path}: ${before.leaves[path] ?? 'absent'} → ${after.leaves[path] ?? 'absent'}`) };
  return { kind: before.kind === 'response' ? 'same' : 'same-error' };
}

function leavesOf(path: string, value: unknown): readonly (readonly [string, string])[] {
  if (typeof value === 'string' && /^\s*[[{]/u.test(value)) {
    const inner = parsed(value);
    if (typeof inner === 'object') return leavesOf(`${path}(json)`, inner);
  }
  if (typeof value === 'object' && value !== null) return [[path, Array.isArray(value) ? 'list' : 'map'], ...Object.entries(value).flatMap(([key, one]) => leavesOf(`${path}.${key}`, one))];
  return [[path, typeof value === 'string' ? withoutIds(value) : JSON.stringify(value)]];
}

function withoutIds(text: string): string {
  return text.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gu, 'ID').replace(/\d{4}-\d\d-\d\d[T ][\d:.]+/gu, 'TIME');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
