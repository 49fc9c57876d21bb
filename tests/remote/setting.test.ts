import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/fault.ts';
import { remoteSetting } from '../../src/remote/setting.ts';

const read = (address: string, write?: string): unknown =>
  remoteSetting({ cwd: '/project', env: { HOME: '/home/me', SHEAR_REMOTE_CACHE: address, SHEAR_REMOTE_CACHE_WRITE: write } });

describe('SHEAR_REMOTE_CACHE', () => {
  it('names nothing when empty', () => {
    expect([read(''), read('  ')]).toEqual([undefined, undefined]);
  });

  it.each([
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/shear-cache', { registry: '123456789012.dkr.ecr.eu-west-1.amazonaws.com', origin: 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com', name: 'shear-cache' }],
    ['localhost:5000/team/cache', { registry: 'localhost:5000', origin: 'http://localhost:5000', name: 'team/cache' }],
    ['http://registry.intern:5000/cache/', { registry: 'registry.intern:5000', origin: 'http://registry.intern:5000', name: 'cache' }],
    ['team/cache', { registry: 'docker.io', origin: 'https://registry-1.docker.io', name: 'team/cache' }],
  ])('takes %s for a repository', (address, repository) => {
    expect(read(address)).toEqual({ place: { kind: 'registry', repository }, mayWrite: false });
  });

  it.each([['/mnt/cache', '/mnt/cache'], ['./cache', '/project/cache'], ['../cache', '/cache'], ['~/cache', '/home/me/cache']])('takes %s for a folder', (address, path) => {
    expect(read(address)).toEqual({ place: { kind: 'folder', path }, mayWrite: false });
  });

  it.each([['1', true], ['true', true], ['0', false], ['', false], [undefined, false]])('with SHEAR_REMOTE_CACHE_WRITE=%s writes: %s', (write, mayWrite) => {
    expect(read('/mnt/cache', write)).toEqual({ place: { kind: 'folder', path: '/mnt/cache' }, mayWrite });
  });

  it.each(['cache', 'registry.example/cache:1', 'registry.example/cache:latest', 'https://user:secret@registry.example/UPPER', 's3://bucket/cache'])('refuses %s', (address) => {
    let fault: unknown;
    try {
      read(address);
    } catch (error) {
      fault = error instanceof Failure ? error.fault : error;
    }
    expect(fault).toMatchObject({ code: 'usage' });
    expect(JSON.stringify(fault)).not.toContain('secret');
  });
});
