import type { RunnerPool } from '../runtime/pool.ts';
import type { ServedApi } from './api.ts';

/** A function behind the front doors. */
export interface ServedFunction {
  readonly pool: RunnerPool;
  /** Other names that it is called by: a FunctionName of the template. */
  readonly names?: readonly string[] | undefined;
  /** Qualifiers beside `$LATEST` that the template makes: the name of AutoPublishAlias. */
  readonly aliases?: readonly string[] | undefined;
  /** EventInvokeConfig's MaximumRetryAttempts; 2 by default. */
  readonly retries?: number | undefined;
  /** Sources with `ReportBatchItemFailures`, by their names in Events. */
  readonly batchSources?: readonly string[] | undefined;
}

/** All that is served at one moment. */
export interface Serving {
  /** By logical ID, or full path where a nested application has the function. */
  readonly functions: ReadonlyMap<string, ServedFunction>;
  readonly apis: readonly ServedApi[];
}

/** Something that happened at a front door, told besides a function's log. */
export interface Notice {
  /** Logical ID of the function, where it concerns one. */
  readonly functionName: string | undefined;
  readonly text: string;
}
