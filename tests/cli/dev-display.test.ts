import { describe, expect, it } from 'vitest';
import { createTable } from '../../src/cli/dev/function-table.ts';
import { createPlainDisplay } from '../../src/cli/dev/plain-display.ts';
import { fault } from '../../src/base/fault.ts';
import type { PoolState } from '../../src/runtime/pool-state.ts';
import type { DevEvent } from '../../src/session/dev/events.ts';

const serving = (functions: readonly string[], replaced: readonly string[]): DevEvent => ({ kind: 'serving', url: 'http://127.0.0.1:3001', apis: [{ name: 'Api', url: 'http://127.0.0.1:3002' }], functions, unrunnable: new Map(), stale: new Set(), replaced });
const state = (more: Partial<PoolState>): PoolState => ({
  condition: 'warm', starting: 0, idle: 1, busy: 0, hasSpare: false, waiting: 0, invocations: 0, errors: 0, throttles: 0, last: undefined, peakMemoryMb: undefined,
  memory: 128, backend: 'bubblewrap', remarks: [], generation: 0, failure: undefined, initProblem: undefined, initMs: 1, ...more,
});
const log = (name: string): DevEvent => ({ kind: 'pool', name, event: { kind: 'log', requestId: undefined, chunk: Buffer.from('START RequestId: 1 Version: $LATEST\nsaid\rmore\nEND RequestId: 1\n') }, state: state({}) });

describe('the table at the bottom of a terminal', () => {
  it('says of each function how it is, and keeps to the terminal\'s width', () => {
    const table = createTable(false);
    table.take(serving(['First', 'Second'], ['First', 'Second']));
    table.take({ kind: 'pool', name: 'First', event: { kind: 'state' }, state: state({ invocations: 3, errors: 1, peakMemoryMb: 70, last: { requestId: '', kind: 'error', at: 0, durationMs: 12.4, billedMs: 13, initMs: undefined, maxMemoryMb: 70, errorType: 'KeyError' } }) });
    table.take({ kind: 'pool', name: 'Second', event: { kind: 'state' }, state: state({ initProblem: 'Runtime.UserCodeSyntaxError: invalid syntax (app.py, line 1)' }) });
    expect(table.lines(100, 10)).toEqual([
      '',
      'building  http://127.0.0.1:3001',
      'First   warm      built 0 ms  last 12 ms KeyError  70 of 128 MB  3 invocations, 1 failed',
      'Second  broken    Runtime.UserCodeSyntaxError: invalid syntax (app.py, line 1)',
    ]);
    expect(Math.max(...table.lines(40, 10).map((line) => line.length))).toBeLessThan(40);
  });

  it('shows the busiest of many', () => {
    const table = createTable(false);
    const names = Array.from({ length: 100 }, (_, at) => `Function${at}`);
    table.take(serving(names, []));
    table.take(log('Function77'));
    const lines = table.lines(80, 6);
    expect(lines).toHaveLength(6);
    expect(lines.some((line) => line.startsWith('Function77'))).toBe(true);
    expect(lines.at(-1)).toBe('and 97 more');
  });
});

describe('plain lines', () => {
  it('tell what happened, the same failure once, and how to call what is served once', () => {
    const lines: string[] = [];
    const display = createPlainDisplay((line) => void lines.push(line), false);
    const failed: DevEvent = { kind: 'failed', fault: fault('project/unsupported', 'it is not a template', { place: { file: 'template.yaml', line: 2, column: 1 } }) };
    display.show(serving(['One'], ['One']));
    display.show({ kind: 'building', changed: ['a.py', 'b.py', 'c.py'] });
    display.show(failed);
    display.show(failed);
    display.show(log('One'));
    display.show(serving(['One'], []));
    expect(lines).toEqual([
      'built in 0 ms: One ready to run', 'serving http://127.0.0.1:3001',
      '  aws lambda invoke --endpoint-url http://127.0.0.1:3001 --function-name One /dev/stdout',
      '  curl -d \'{}\' http://127.0.0.1:3001/2015-03-31/functions/One/invocations', '  Api http://127.0.0.1:3002',
      'a.py, b.py and 1 more changed',
      'error: it is not a template\n  at template.yaml:2:1  [project/unsupported]\nthe last good build goes on running', 'the same is wrong still',
      'One | said', 'One | more', 'built in 0 ms: nothing that runs has changed',
    ]);
  });
});
