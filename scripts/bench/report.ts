import { budget } from './budget.ts';
import { everyone, labels, type Absent, type ContestantName, type Step } from './contestant.ts';
import type { Times } from './measure.ts';
import { scenarios } from './scenario.ts';

/** All that a run of the bench found. */
export interface BenchResult {
  readonly schema: 1;
  readonly machine: { readonly node: string; readonly cpus: number; readonly load: number };
  readonly base: string;
  readonly absent: readonly Absent[];
  readonly times: Times;
  /** Bytes. */
  readonly sizes: Readonly<Partial<Record<ContestantName, Sizes>>>;
  /** Where shear's time goes, milliseconds, by scenario and step. */
  readonly breakdown: Readonly<Record<string, readonly Step[]>>;
}

/** Compressed bytes of one contestant's image. */
export interface Sizes {
  readonly overBase?: number | undefined;
  readonly pushedAfterLine?: number | undefined;
  readonly pushedAfterRequirement?: number | undefined;
}

/** The result as text. */
export function printResult(result: BenchResult): string {
  return [
    `${result.base}`,
    `Node ${result.machine.node}, ${result.machine.cpus} cores, load ${result.machine.load.toFixed(1)} at the start`,
    '',
    ...scenarios.flatMap(({ name, label }) => (result.times[name] ? [label, ...timeLines(result, name), ''] : [])),
    ...sizeLines(result),
    ...Object.entries(result.breakdown).flatMap(([scenario, steps]) => ['', `where shear's time goes, ${scenario}`, ...steps.map((one) => `  ${one.ms.toFixed(0).padStart(7)} ms  ${one.label}${one.cached ? ' (kept)' : ''}`)]),
    '',
    ...result.absent.map((one) => `not measured: ${one.label}: ${one.reason}`),
  ].join('\n');
}

function timeLines(result: BenchResult, scenario: (typeof scenarios)[number]['name']): readonly string[] {
  const times = result.times[scenario] ?? {};
  const own = times.shear;
  const watching = times['shear-dev'];
  return everyone.flatMap((name) => {
    const label = labels[name];
    const series = times[name];
    if (!series) return [];
    const spread = series.n > 1 ? ` (${print(series.least)} to ${print(series.most)}, n=${series.n})` : ' (n=1)';
    return [`  ${label.padEnd(36)} ${print(series.median).padStart(9)} s${spread}${own ? ratio(series.median / own.median, budget[scenario][name]) : ''}${watching ? ratio(series.median / watching.median, budget[scenario][name], ' against shear dev') : ''}`];
  });
}

function ratio(measured: number, wanted: number | undefined, whom = ''): string {
  if (wanted === undefined) return '';
  return `   ${measured.toFixed(1)}×${whom}, budget ${wanted}×: ${measured >= wanted ? 'met' : 'missed'}`;
}

function sizeLines(result: BenchResult): readonly string[] {
  const lines = everyone.flatMap((name) => {
    const label = labels[name];
    const sizes = result.sizes[name];
    if (!sizes) return [];
    return [`  ${label.padEnd(36)} ${megabytes(sizes.overBase)} over the base, pushed after one line ${megabytes(sizes.pushedAfterLine)}, after one requirement ${megabytes(sizes.pushedAfterRequirement)}`];
  });
  return lines.length > 0 ? ['bytes, compressed', ...lines] : [];
}

function print(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function megabytes(bytes: number | undefined): string {
  if (bytes === undefined) return '(not measured)';
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
