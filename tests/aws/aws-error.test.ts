import { describe, expect, it } from 'vitest';
import { awsFailure, isExpired, isPassing, readAwsError } from '../../src/aws/aws-error.ts';

describe('an error of AWS', () => {
  it.each([
    [400, { 'x-amzn-errortype': 'ResourceNotFoundException:http://internal.amazon.com/' }, '{"Message":"no such function"}', 'ResourceNotFoundException', 'no such function'],
    [400, {}, '{"__type":"com.amazonaws.logs#ThrottlingException","message":"Rate exceeded"}', 'ThrottlingException', 'Rate exceeded'],
    [403, {}, '<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>it has</Message></Error></ErrorResponse>', 'ExpiredToken', 'it has'],
    [403, {}, '<Error><Code>AccessDenied</Code><Message>no</Message></Error>', 'AccessDenied', 'no'],
    [502, {}, 'bad gateway', '', 'bad gateway'],
  ] as const)('%s %j %s', (status, headers, body, code, message) => {
    expect(readAwsError(status, headers, body)).toEqual({ status, code, message });
  });

  it('passes, or is cured by new keys, or stays', () => {
    expect(isPassing({ status: 400, code: 'ThrottlingException', message: '' })).toBe(true);
    expect(isPassing({ status: 503, code: '', message: '' })).toBe(true);
    expect(isPassing({ status: 400, code: 'ValidationException', message: '' })).toBe(false);
    expect(isExpired({ status: 403, code: 'UnrecognizedClientException', message: '' })).toBe(true);
    expect(awsFailure('GetFunction of Fn', { status: 403, code: 'AccessDeniedException', message: 'not authorized' }, 'work').fault).toMatchObject({ code: 'aws/unauthorized', what: 'GetFunction of Fn is not allowed', why: 'AWS says AccessDeniedException: not authorized' });
    expect(awsFailure('GetFunction of Fn', { status: 403, code: 'ExpiredTokenException', message: '' }, 'work').fault.next).toBe('sign in again (`aws sso login --profile work`), or set new keys');
  });
});
