import type { LambdaFunction } from '../model/function.ts';
import { plainOf } from '../model/resource-values.ts';
import { fieldsOf, wordOf, wordsOf } from './plain.ts';
import type { ServedFunction } from './served.ts';

/** What the template says of a function that concerns the doors before it, and the number of its runners. */
export interface FunctionAtDoors extends Omit<ServedFunction, 'pool'> {
  /** ReservedConcurrentExecutions; for `PoolSpec.reserved`. */
  readonly reserved: number | undefined;
}

/** Reads a function's other names, aliases, retries, concurrency and batch answers. */
export function settingsAtDoors(fn: LambdaFunction): FunctionAtDoors {
  const read = (name: string): unknown => {
    const node = fn.property(name);
    return node && plainOf(node);
  };
  const name = wordOf(read('FunctionName'));
  const alias = wordOf(read('AutoPublishAlias'));
  const events = Object.entries(fieldsOf(read('Events')));
  return {
    names: name === undefined ? [] : [name],
    aliases: alias === undefined ? [] : [alias],
    retries: numberOf(fieldsOf(read('EventInvokeConfig'))['MaximumRetryAttempts']),
    reserved: numberOf(read('ReservedConcurrentExecutions')),
    batchSources: events.flatMap(([id, event]) =>
      (wordsOf(fieldsOf(fieldsOf(event)['Properties'])['FunctionResponseTypes'] ?? []).includes('ReportBatchItemFailures') ? [id] : [])),
  };
}

function numberOf(value: unknown): number | undefined {
  const word = wordOf(value);
  return word !== undefined && /^\d+$/u.test(word) ? Number(word) : undefined;
}
