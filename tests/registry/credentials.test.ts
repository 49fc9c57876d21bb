import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCredentials } from '../../src/registry/credentials.ts';
import { testHost } from '../support/host.ts';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'shear-credentials-'));
  mkdirSync(join(home, '.docker'));
  mkdirSync(join(home, 'bin'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function config(json: object): void {
  writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify(json));
}

function program(name: string, script: string): void {
  writeFileSync(join(home, 'bin', name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(home, 'bin', name), 0o755);
}

function host(env: Readonly<Record<string, string>> = {}): ReturnType<typeof testHost> {
  return testHost({ env: { HOME: home, PATH: `${join(home, 'bin')}:/usr/bin:/bin`, ...env } });
}

const packed = Buffer.from('me:pa:ss').toString('base64');
const ecr = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

describe('findCredentials', () => {
  it.each([
    ['ghcr.io', 'ghcr.io'],
    ['ghcr.io', 'https://ghcr.io'],
    ['docker.io', 'https://index.docker.io/v1/'],
  ])('finds those of %s under %s', async (registry, name) => {
    config({ auths: { [name]: { auth: packed } } });
    expect((await findCredentials(host(), registry)).credentials).toEqual({ kind: 'password', user: 'me', password: 'pa:ss' });
  });

  it('takes an identity token for what it is', async () => {
    config({ auths: { 'x.io': { auth: Buffer.from('00000000-0000:').toString('base64'), identitytoken: 'refresh' } } });
    expect((await findCredentials(host(), 'x.io')).credentials).toEqual({ kind: 'identity-token', token: 'refresh' });
  });

  it('asks the credential store, and takes its <token> user as an identity token', async () => {
    config({ credsStore: 'desk', auths: { 'x.io': {} } });
    program('docker-credential-desk', 'read s; [ "$s" = x.io ] && echo \'{"Username":"<token>","Secret":"refresh"}\'');
    expect((await findCredentials(host(), 'x.io')).credentials).toEqual({ kind: 'identity-token', token: 'refresh' });
  });

  it('falls back to the file when the credential store is not installed', async () => {
    config({ credsStore: 'gone', auths: { 'x.io': { auth: packed } } });
    expect(await findCredentials(host(), 'x.io')).toEqual({
      credentials: { kind: 'password', user: 'me', password: 'pa:ss' },
      lookedIn: [join(home, '.docker', 'config.json'), 'docker-credential-gone'],
    });
  });

  it('reads the folder that DOCKER_CONFIG names, and podman\'s file', async () => {
    const podman = join(home, 'auth.json');
    writeFileSync(podman, JSON.stringify({ auths: { 'x.io': { auth: packed } } }));
    const found = await findCredentials(host({ DOCKER_CONFIG: join(home, 'else'), REGISTRY_AUTH_FILE: podman }), 'x.io');
    expect(found.credentials).toEqual({ kind: 'password', user: 'me', password: 'pa:ss' });
    expect(found.lookedIn).toEqual([`${join(home, 'else', 'config.json')} (not there)`, podman]);
  });

  it('asks the AWS CLI for ECR, in the region of the host name', async () => {
    program('aws', '[ "$*" = "ecr get-login-password --region eu-west-1" ] && echo token');
    expect((await findCredentials(host(), ecr)).credentials).toEqual({ kind: 'password', user: 'AWS', password: 'token' });
  });

  it('tells of the AWS CLI when that gave nothing', async () => {
    program('aws', 'exit 255');
    expect(await findCredentials(host(), ecr)).toEqual({
      credentials: undefined,
      lookedIn: [`${join(home, '.docker', 'config.json')} (not there)`, 'aws ecr get-login-password --region eu-west-1'],
    });
  });

  it('has none for a public registry, and asks nobody', async () => {
    program('aws', 'echo must-not-be-asked');
    expect((await findCredentials(host(), 'public.ecr.aws')).credentials).toBeUndefined();
  });

  it('names a config file that is damaged', async () => {
    writeFileSync(join(home, '.docker', 'config.json'), '{"auths":');
    await expect(findCredentials(host(), 'x.io')).rejects.toMatchObject({ fault: { code: 'usage', what: `${join(home, '.docker', 'config.json')} is not a JSON object` } });
  });
});
