import type { PoolState } from '../../runtime/pool-state.ts';
import type { DevEvent } from '../../session/dev/events.ts';
import { duration } from './phrases.ts';

/** What stands at the bottom of the terminal. */
export interface FunctionTable {
  readonly take: (event: DevEvent) => void;
  /** No line is longer than `columns`, and there are no more than `most`. */
  readonly lines: (columns: number, most: number) => readonly string[];
}

interface Row {
  readonly name: string;
  state: PoolState | undefined;
  /** Why it cannot be built or run; an earlier build of it may run all the same. */
  problem: string | undefined;
  buildMs: number;
  /** Counts up with everything that happens, so that the busiest are shown where there is no room for all. */
  touched: number;
}

const colours = { red: 31, green: 32, yellow: 33, dim: 2 } as const;

/** Starts with no functions. */
export function createTable(isColoured: boolean): FunctionTable {
  let rows = new Map<string, Row>();
  let url = '';
  let status: { readonly text: string; readonly colour: keyof typeof colours } = { text: 'building', colour: 'yellow' };
  let count = 0;
  let ms = 0;
  const paint = (text: string, colour: keyof typeof colours): string => (isColoured ? `\u001b[${colours[colour]}m${text}\u001b[0m` : text);
  const serving = (event: Extract<DevEvent, { readonly kind: 'serving' }>): void => {
    ({ url } = event);
    const replaced = new Set(event.replaced);
    if (event.unrunnable.size > 0) status = { text: `${event.unrunnable.size === 1 ? 'one function' : `${event.unrunnable.size} functions`} cannot be run, the others are up to date`, colour: 'red' };
    rows = new Map([...new Set([...event.functions, ...event.unrunnable.keys()])].map((name) => {
      const row = rows.get(name) ?? { name, state: undefined, problem: undefined, buildMs: ms, touched: 0 };
      row.problem = event.unrunnable.get(name)?.what;
      if (replaced.has(name)) Object.assign(row, { buildMs: ms, touched: ++count });
      return [name, row];
    }));
  };
  const rowText = ({ name, state, buildMs, problem: why }: Row, width: number, columns: number): string => {
    const problem = why ?? state?.failure ?? state?.initProblem;
    const { last } = state ?? {};
    const parts = [
      `built ${duration(buildMs)}`,
      ...(last === undefined ? [] : [`last ${duration(last.durationMs)}${last.errorType === undefined ? '' : ` ${last.errorType}`}`]),
      ...(state?.peakMemoryMb === undefined ? [] : [`${state.peakMemoryMb} of ${state.memory} MB`]),
      ...((state?.invocations ?? 0) === 0 ? [] : [`${state?.invocations} invocations${state?.errors === 0 ? '' : `, ${state?.errors} failed`}`]),
    ];
    const condition = problem === undefined ? (state?.condition ?? 'cold') : 'broken';
    const colour = problem !== undefined ? 'red' : condition === 'warm' ? 'green' : condition === 'cold' ? 'dim' : 'yellow';
    const text = `${condition.padEnd(8)}  ${problem ?? parts.join('  ')}`.slice(0, Math.max(0, columns - width - 3));
    return `${name.slice(0, width).padEnd(width)}  ${paint(text.slice(0, 8), colour)}${text.slice(8)}`;
  };
  return {
    take: (event) => {
      if (event.kind === 'building') status = { text: 'building', colour: 'yellow' };
      if (event.kind === 'failed') status = { text: url === '' ? 'broken: waiting for a change' : 'broken: the last good build runs', colour: 'red' };
      if (event.kind === 'built') {
        ({ ms } = event);
        status = { text: `up to date, built in ${duration(ms)}`, colour: 'green' };
      }
      if (event.kind === 'serving') serving(event);
      const row = event.kind === 'pool' ? rows.get(event.name) : undefined;
      if (event.kind === 'pool' && row) {
        row.state = event.state;
        if (event.event.kind !== 'state') row.touched = ++count;
      }
    },
    lines: (columns, most) => {
      const all = [...rows.values()];
      const room = all.length <= most - 2 ? all.length : most - 3;
      const chosen = new Set(all.toSorted((a, b) => b.touched - a.touched).slice(0, room));
      const shown = all.filter((row) => chosen.has(row));
      const width = Math.min(Math.max(0, ...shown.map((row) => row.name.length)), Math.floor(columns / 2));
      const rest = all.length - shown.length;
      const head = `${status.text}${url === '' ? '' : `  ${url}`}`.slice(0, columns - 1);
      return ['', paint(head, status.colour), ...shown.map((row) => rowText(row, width, columns)), ...(rest === 0 ? [] : [`and ${rest} more`])].slice(0, most);
    },
  };
}
