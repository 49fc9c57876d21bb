import { describe, expect, it } from 'vitest';
import { parseReference, printReference } from '../../src/registry/reference.ts';

const digest = `sha256:${'ab'.repeat(32)}`;

describe('parseReference', () => {
  it.each([
    ['python', 'docker.io/library/python:latest'],
    ['python:3.12-slim', 'docker.io/library/python:3.12-slim'],
    ['amazon/aws-lambda-python:3.12', 'docker.io/amazon/aws-lambda-python:3.12'],
    ['docker.io/python', 'docker.io/library/python:latest'],
    ['index.docker.io/library/python', 'docker.io/library/python:latest'],
    ['public.ecr.aws/lambda/python:3.12', 'public.ecr.aws/lambda/python:3.12'],
    ['localhost/x', 'localhost/x:latest'],
    ['localhost:5000/a/b/c:v1', 'localhost:5000/a/b/c:v1'],
    ['[::1]:5000/a', '[::1]:5000/a:latest'],
    [`python@${digest}`, `docker.io/library/python@${digest}`],
    [`python:3.12@${digest}`, `docker.io/library/python:3.12@${digest}`],
    ['a__b/c-d.e_f', 'docker.io/a__b/c-d.e_f:latest'],
  ])('reads %s as %s', (text, printed) => {
    const parsed = parseReference(text);
    expect(parsed.ok && printReference(parsed.value)).toBe(printed);
  });

  it.each([
    ['', 'is not the name of a repository'],
    ['Python', 'lower case'],
    ['python:', 'is not a tag'],
    ['python:3 12', 'is not a tag'],
    ['python@sha256:abc', 'sha256: and 64 hex digits'],
    ['a//b', 'is not the name of a repository'],
    ['https://x.y/z', 'is not'],
    [`python:${'x'.repeat(129)}`, 'is not a tag'],
  ])('refuses %s', (text, why) => {
    const parsed = parseReference(text);
    expect(parsed).toMatchObject({ ok: false, error: { code: 'usage', why: expect.stringContaining(why) as string } });
  });
});
