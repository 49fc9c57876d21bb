import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers } from '../../src/iam/action-table.ts';
import { narrow } from '../../src/iam/narrow.ts';
import type { Need } from '../../src/iam/need.ts';
import type { Holder } from '../../src/iam/statements.ts';
import type { LambdaFunction } from '../../src/model/function.ts';

const file = { path: 'app.py', text: '' };
const need = (action: string): Need => ({ action, on: undefined, part: 'unknown', at: { file, span: { start: 0, end: 0 } }, call: 'call' });
const actions = ['s3:GetObject', 's3:PutObject', 's3:ListBucket', 'dynamodb:PutItem', 'dynamodb:Query', 'sqs:SendMessage', 'kms:Decrypt', 'logs:PutLogEvents'];
const patterns = ['*', 's3:*', 'S3:Get*', 's3:PutObject', 'dynamodb:*', 'dynamodb:P?tItem', 'sqs:SendMessage', 'sqs:*', 'kms:De*', 'chime:*', 'glue:GetTable', 'logs:PutLogEvents'];
// Only what `narrow` reads of a function: its identity.
const subject = { logicalId: 'Fn' } as unknown as LambdaFunction;
const holder = { functions: [subject], role: 'Role', sharedBy: undefined, template: { resources: [] } } as unknown as Holder;

describe('narrow', () => {
  it('never allows what was not allowed, nor takes what is needed', () => {
    fc.assert(fc.property(fc.subarray(actions), fc.subarray(patterns, { minLength: 1 }), fc.boolean(), (needed, granted, isEveryResource) => {
      const usages = new Map([[subject, { needs: needed.map(need), doubts: [] }]]);
      const narrowed = narrow({ holder, actions: granted, isEveryResource }, usages);
      if (narrowed.kind === 'unproved') return;
      const left = narrowed.groups.flatMap((group) => group.actions);
      expect(left.filter((action) => !granted.some((pattern) => covers(pattern, action)))).toEqual([]);
      expect(needed.filter((action) => granted.some((pattern) => covers(pattern, action)) && !left.some((pattern) => covers(pattern, action)))).toEqual([]);
      expect(narrowed.groups.filter(({ arns }) => arns !== undefined)).toEqual([]);
    }));
  });

  it('says nothing where one service of many is in doubt', () => {
    const doubt = { services: ['s3'], why: 'a library', at: undefined };
    const usages = new Map([[subject, { needs: [], doubts: [doubt] }]]);
    expect(narrow({ holder, actions: ['s3:*'], isEveryResource: true }, usages)).toEqual({ kind: 'unproved', doubt });
    expect(narrow({ holder, actions: ['*'], isEveryResource: true }, usages)).toEqual({ kind: 'unproved', doubt });
    expect(narrow({ holder, actions: ['sqs:*'], isEveryResource: true }, usages)).toMatchObject({ kind: 'proved', groups: [] });
  });
});
