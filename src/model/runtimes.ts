import type { PythonVersion } from './function.ts';

/** What a managed runtime's name says. */
export interface RuntimeFacts {
  /** Day from which Lambda no longer supports it, announced or past; ISO date. */
  readonly deprecatedOn: string;
  /** Day from which functions with it can no longer be created; undefined when not announced. */
  readonly createBlockedOn: string | undefined;
  /** The runtime to move to; undefined for the newest of its language. */
  readonly successor: string | undefined;
}

/**
 * Lambda's managed runtimes. Source: Lambda developer guide, "Lambda runtimes"
 * (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html), state of November 2026.
 */
const runtimes: Readonly<Record<string, readonly [deprecated: string, createBlocked: string | undefined]>> = {
  'python3.14': ['2029-06-30', '2029-07-31'],
  'python3.13': ['2029-06-30', '2029-07-31'],
  'python3.12': ['2028-10-31', '2028-11-30'],
  'python3.11': ['2027-06-30', '2027-07-31'],
  'python3.10': ['2026-10-31', '2027-02-01'],
  'python3.9': ['2025-12-15', '2027-02-01'],
  'python3.8': ['2024-10-14', '2027-02-01'],
  'python3.7': ['2023-12-04', '2024-01-09'],
  'python3.6': ['2022-07-18', '2022-07-18'],
  'python2.7': ['2021-07-15', '2021-07-15'],
  'nodejs24.x': ['2028-04-30', '2028-06-01'],
  'nodejs22.x': ['2027-04-30', '2027-06-01'],
  'nodejs20.x': ['2026-04-30', '2027-02-01'],
  'nodejs18.x': ['2025-09-01', '2027-02-01'],
  'nodejs16.x': ['2024-06-12', '2027-02-01'],
  'nodejs14.x': ['2023-12-04', '2024-01-09'],
  'nodejs12.x': ['2023-03-31', '2023-03-31'],
  'nodejs10.x': ['2021-07-30', '2021-07-30'],
  'nodejs8.10': ['2020-03-06', '2020-02-04'],
  'nodejs6.10': ['2019-08-12', '2019-07-12'],
  'nodejs4.3': ['2020-03-05', '2020-02-03'],
  'java25': ['2029-06-30', '2029-07-31'],
  'java21': ['2029-06-30', '2029-07-31'],
  'java17': ['2027-06-30', '2027-07-31'],
  'java11': ['2027-06-30', '2027-07-31'],
  'java8.al2': ['2027-06-30', '2027-07-31'],
  'java8': ['2024-01-08', '2024-02-08'],
  'dotnet10': ['2028-11-14', '2028-12-14'],
  'dotnet9': ['2026-11-10', undefined],
  'dotnet8': ['2026-11-10', '2027-02-01'],
  'dotnet6': ['2024-12-20', '2027-02-01'],
  'dotnetcore3.1': ['2023-04-03', '2023-04-03'],
  'dotnetcore2.1': ['2022-01-05', '2022-01-05'],
  'ruby4.0': ['2029-03-31', '2029-04-30'],
  'ruby3.4': ['2028-03-31', '2028-04-30'],
  'ruby3.3': ['2027-03-31', '2027-04-30'],
  'ruby3.2': ['2026-03-31', '2027-02-01'],
  'ruby2.7': ['2023-12-07', '2024-01-09'],
  'ruby2.5': ['2021-07-30', '2021-07-30'],
  'provided.al2023': ['2029-06-30', '2029-07-31'],
  'provided.al2': ['2026-07-31', '2027-02-01'],
  'provided': ['2024-01-08', '2024-02-08'],
  'go1.x': ['2024-01-08', '2024-02-08'],
};

/** The day that the dates above were last compared with the page; what lies behind it is certain. */
export const runtimesAsOf = '2026-11-25';

/** The newest runtime of each language; `go1.x` moved to an OS-only runtime. */
const newest: readonly string[] = ['python3.14', 'nodejs24.x', 'java25', 'dotnet10', 'ruby4.0', 'provided.al2023'];

/** What is known of a runtime; undefined for a name that Lambda does not know. */
export function runtimeFacts(runtime: string): RuntimeFacts | undefined {
  const dates = Object.hasOwn(runtimes, runtime) ? runtimes[runtime] : undefined;
  if (!dates) return undefined;
  const [deprecatedOn, createBlockedOn] = dates;
  return { deprecatedOn, createBlockedOn, successor: successorOf(runtime) };
}

/** True when a runtime's support has ended by `now` (milliseconds since the epoch). */
export function isDeprecated(runtime: string, now: number): boolean {
  const facts = runtimeFacts(runtime);
  return facts !== undefined && Date.parse(facts.deprecatedOn) <= now;
}

/** `python3.12` → `{ major: 3, minor: 12 }`; undefined for any other runtime. */
export function pythonOfRuntime(runtime: string): PythonVersion | undefined {
  const match = /^python(\d+)\.(\d+)$/u.exec(runtime);
  return match ? { major: Number(match[1]), minor: Number(match[2]) } : undefined;
}

/**
 * The glibc that a runtime's machine has, as `[2, 34]`: wheels tagged up to `manylinux_2_34` run there. Amazon Linux
 * 2023 has 2.34, Amazon Linux 2 has 2.26, the first Amazon Linux 2.17. Undefined for unknown runtimes.
 * Source: Lambda developer guide, "Lambda runtimes" (operating system column), and the distributions' release notes.
 */
export function manylinuxOf(runtime: string | PythonVersion): readonly [major: number, minor: number] | undefined {
  const python = typeof runtime === 'string' ? pythonOfRuntime(runtime) : runtime;
  if (python) return glibcOfPython(python);
  const name = String(runtime);
  if (runtimeFacts(name) === undefined) return undefined;
  if (firstLinux.has(name)) return [2, 17];
  return secondLinux.has(name) ? [2, 26] : [2, 34];
}

/** Runtimes of the first Amazon Linux and of Amazon Linux 2; the rest run on Amazon Linux 2023. */
const firstLinux: ReadonlySet<string> = new Set(['nodejs4.3', 'nodejs6.10', 'nodejs8.10', 'java8', 'dotnetcore2.1', 'ruby2.5', 'provided', 'go1.x']);
const secondLinux: ReadonlySet<string> = new Set([
  'nodejs10.x', 'nodejs12.x', 'nodejs14.x', 'nodejs16.x', 'nodejs18.x', 'java8.al2', 'java11', 'java17', 'dotnetcore3.1', 'dotnet6',
  'ruby2.7', 'ruby3.2', 'provided.al2',
]);

function glibcOfPython({ major, minor }: PythonVersion): readonly [number, number] {
  if (major > 3 || (major === 3 && minor >= 12)) return [2, 34];
  return major === 3 && minor >= 8 ? [2, 26] : [2, 17];
}

function successorOf(runtime: string): string | undefined {
  if (newest.includes(runtime)) return undefined;
  if (runtime === 'go1.x') return 'provided.al2023';
  const language = /^[a-z]+/u.exec(runtime)?.[0] ?? '';
  const family = language === 'dotnetcore' ? 'dotnet' : language;
  return newest.find((name) => name.startsWith(family));
}
