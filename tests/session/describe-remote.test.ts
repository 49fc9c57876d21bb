import { describe, expect, it } from 'vitest';
import { describeRemote } from '../../src/session/describe-remote.ts';
import { testHost } from '../support/host.ts';

describe('what `shear cache` says of the remote cache', () => {
  it.each([
    [{}, undefined],
    [{ SHEAR_REMOTE_CACHE: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/cache' }, '123456789012.dkr.ecr.eu-west-1.amazonaws.com/cache (read)'],
    [{ SHEAR_REMOTE_CACHE: 'https://me:secret@registry.example/cache', SHEAR_REMOTE_CACHE_WRITE: '1' }, 'registry.example/cache (read and written)'],
    [{ SHEAR_REMOTE_CACHE: '/mnt/cache' }, '/mnt/cache (read)'],
  ])('%o: %s', (env, text) => {
    expect(describeRemote(testHost({ env }))).toBe(text);
  });
});
