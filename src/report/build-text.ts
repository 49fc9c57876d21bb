import type { BuildReport, FunctionReport } from '../build/report.ts';

/** A build's outcome for the terminal: a line for each function, and how long it took. */
export function printBuild(report: BuildReport): string {
  const lines = report.functions.map(printFunction);
  const seconds = report.ms < 1000 ? `${Math.round(report.ms)} ms` : `${(report.ms / 1000).toFixed(1)} s`;
  const state = report.unchanged ? 'nothing changed' : 'built';
  const notes = report.notes.map((note) => `note: ${note}`);
  return [...lines, ...notes, `${state} in ${seconds}; sam deploy, sam local and shear invoke take it from .aws-sam/build`].join('\n');
}

function printFunction({ name, image, zip, engine, cached }: FunctionReport): string {
  const how = cached ? 'unchanged' : engine;
  if (zip) return `${name}  zip ${megabytes(zip.size)}  ${how}`;
  const own = (image?.layers ?? []).filter((layer) => layer.role !== 'base');
  const size = own.reduce((sum, layer) => sum + layer.size, 0);
  const place = image?.tag ?? image?.archive ?? '';
  return `${name}  image ${megabytes(size)} over its base, ${own.length} layers  ${how}  ${place}`;
}

function megabytes(bytes: number): string {
  return bytes < 100_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
