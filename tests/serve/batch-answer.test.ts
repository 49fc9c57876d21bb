import { expect, it } from 'vitest';
import { batchRemark } from '../../src/serve/batch-answer.ts';

const queue = JSON.stringify({ Records: ['a', 'b', 'c'].map((messageId) => ({ messageId, eventSource: 'aws:sqs' })) });
const stream = JSON.stringify({ Records: ['1', '2', '3'].map((SequenceNumber) => ({ eventSource: 'aws:dynamodb', dynamodb: { SequenceNumber } })) });
const failures = (...ids: readonly string[]): string => JSON.stringify({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });

it.each([
  [queue, failures('a', 'c'), true, '2 of 3 messages come again: a, c'],
  [queue, failures(), true, 'the whole batch of 3 is done'],
  [queue, '{"batchItemFailures":null}', true, 'the whole batch of 3 is done'],
  [queue, failures('x'), true, 'itemIdentifier x is none of this batch: all 3 SQS items come again'],
  [queue, '{"batchItemFailures":[{"messageId":"a"}]}', true, 'an entry of batchItemFailures has no itemIdentifier: all 3 SQS items come again'],
  [queue, '{"batchItemFailures":"a"}', true, 'batchItemFailures is no list: all 3 SQS items come again'],
  [queue, failures('a'), false, 'batchItemFailures has no effect: the event source lacks `FunctionResponseTypes: [ReportBatchItemFailures]`; the whole batch counts as done'],
  [stream, failures('2'), true, '2 of 3 DynamoDB records come again, from 2 on'],
  [queue, '{"ok":true}', true, undefined],
  ['{"Records":[{"eventSource":"aws:s3"}]}', failures('a'), true, undefined],
  ['{}', failures('a'), true, undefined],
  ['{', 'x', true, undefined],
])('%s answered with %s: %s → %s', (event, answer, isReported, expected) => {
  expect(batchRemark(event, answer, isReported)).toBe(expected);
});
