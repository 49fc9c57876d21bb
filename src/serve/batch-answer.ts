import { fieldsOf, isFields, wordOf } from './plain.ts';

/** The event sources whose answers may name items that failed. */
const sources: Readonly<Record<string, { readonly name: string; readonly idOf: (record: Readonly<Record<string, unknown>>) => string | undefined }>> = {
  'aws:sqs': { name: 'SQS', idOf: (record) => wordOf(record['messageId']) },
  'aws:kinesis': { name: 'Kinesis', idOf: (record) => wordOf(fieldsOf(record['kinesis'])['sequenceNumber']) },
  'aws:dynamodb': { name: 'DynamoDB', idOf: (record) => wordOf(fieldsOf(record['dynamodb'])['SequenceNumber']) },
};

/**
 * What a partial batch answer means (Lambda developer guide, "Reporting batch item failures"): which items come again, and when Lambda would
 * not heed it. Undefined for events and answers that have nothing to do with it.
 */
export function batchRemark(event: string, answer: string, isReported: boolean): string | undefined {
  const records = recordsOf(event);
  const [first] = records;
  const source = first && sources[wordOf(first['eventSource']) ?? ''];
  if (!source) return undefined;
  const failures = parsed(answer);
  if (!isFields(failures) || failures['batchItemFailures'] === undefined) return undefined;
  const ids = new Set(records.flatMap((record) => source.idOf(record) ?? []));
  const all = `all ${records.length} ${source.name} items come again`;
  if (!isReported) return `batchItemFailures has no effect: the event source lacks \`FunctionResponseTypes: [ReportBatchItemFailures]\`; the whole batch counts as done`;
  const list = failures['batchItemFailures'];
  if (list === null) return `the whole batch of ${records.length} is done`;
  if (!Array.isArray(list)) return `batchItemFailures is no list: ${all}`;
  const named = list.map((one) => wordOf(fieldsOf(one)['itemIdentifier']));
  const wrong = named.find((id) => id === undefined || !ids.has(id));
  if (named.some((id) => id === undefined || id === '')) return `an entry of batchItemFailures has no itemIdentifier: ${all}`;
  if (wrong !== undefined) return `itemIdentifier ${wrong} is none of this batch: ${all}`;
  if (named.length === 0) return `the whole batch of ${records.length} is done`;
  if (source.name === 'SQS') return `${named.length} of ${records.length} messages come again: ${named.join(', ')}`;
  const from = [...ids].findIndex((id) => named.includes(id));
  return `${records.length - from} of ${records.length} ${source.name} records come again, from ${[...ids][from]} on`;
}

function recordsOf(event: string): readonly Readonly<Record<string, unknown>>[] {
  const records = fieldsOf(parsed(event))['Records'];
  return Array.isArray(records) ? records.filter(isFields) : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
