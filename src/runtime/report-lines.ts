import type { Exit } from './launch.ts';

/** What a REPORT line says. */
export interface ReportFacts {
  readonly requestId: string;
  readonly durationMs: number;
  readonly billedMs: number;
  /** Mebibytes. */
  readonly memory: number;
  readonly maxMemoryMb: number | undefined;
  readonly initMs: number | undefined;
  readonly status: 'timeout' | 'error' | undefined;
  readonly errorType: string | undefined;
}

/** The line that Lambda logs after an invocation, with tabs between its parts. */
export function reportLine(facts: ReportFacts): string {
  const parts = [
    `REPORT RequestId: ${facts.requestId}`,
    `Duration: ${facts.durationMs.toFixed(2)} ms`,
    `Billed Duration: ${facts.billedMs} ms`,
    `Memory Size: ${facts.memory} MB`,
  ];
  if (facts.maxMemoryMb !== undefined) parts.push(`Max Memory Used: ${facts.maxMemoryMb} MB`);
  if (facts.initMs !== undefined) parts.push(`Init Duration: ${facts.initMs.toFixed(2)} ms`);
  if (facts.status !== undefined) parts.push(`Status: ${facts.status}`);
  if (facts.errorType !== undefined && facts.status === 'error') parts.push(`Error Type: ${facts.errorType}`);
  return `${parts.join('\t')}\t`;
}

/** How Lambda words the end of a runtime's process. */
export function exitMessage(exit: Exit): string {
  if (exit.error !== undefined) return `Couldn't start the runtime: ${exit.error}`;
  if (exit.signal !== null) return `Runtime exited with error: signal: ${signalWord(exit.signal)}`;
  return exit.code === 0
    ? 'Runtime exited without providing a reason'
    : `Runtime exited with error: exit status ${exit.code}`;
}

function signalWord(signal: string): string {
  const words: Readonly<Record<string, string>> = {
    SIGKILL: 'killed', SIGTERM: 'terminated', SIGSEGV: 'segmentation fault', SIGABRT: 'aborted',
    SIGBUS: 'bus error', SIGFPE: 'floating point exception', SIGILL: 'illegal instruction',
  };
  return words[signal] ?? signal.toLowerCase();
}
