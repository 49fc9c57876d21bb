import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultExits, type FaultCode } from '../../src/base/fault.ts';
import { responseFailure } from '../../src/registry/registry-fault.ts';
import { push } from '../../src/session/push.ts';
import type { TestRegistry } from '../support/registry.ts';
import { startRegistry } from '../support/registry.ts';
import { changes, openTestProject, startRig, told, type Project, type Rig, type Told } from './bad-input-rig.ts';

let rig: Rig;
let target: TestRegistry;
let project: Project;
beforeAll(async () => {
  rig = await startRig();
  target = await startRegistry();
  project = openTestProject(join(rig.root, 'push'), join(rig.root, 'push-cache'), {
    HOME: join(rig.root, 'home'), PATH: process.env['PATH'], SHEAR_REGISTRY_MIRRORS: `example.test=${rig.registry.url}`, DOCKER_CONFIG: join(rig.root, 'docker'),
  });
  project.write({
    'template.yaml': 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Metadata: { Dockerfile: Dockerfile, DockerContext: . }\n    Properties: { PackageType: Image }\n',
    Dockerfile: 'FROM example.test/python:3.12\nCOPY app.py /var/task/\nCMD ["app.handler"]\n', 'app.py': 'x = 1\n',
    '../docker/config.json': JSON.stringify({ auths: { [target.host]: { username: 'me', password: 'hunter2' } } }),
  });
  await project.build();
});
afterAll(async () => {
  await target[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

async function pushTo(to: string | undefined): Promise<Told> {
  return await told(async () => await push(project.host(), { folder: project.folder, template: undefined, profile: 'default', parameterOverrides: {}, only: [], isFrozen: false, upgrade: [], outputs: 'sam' }, to));
}

interface Case {
  readonly spoil?: (registry: TestRegistry) => void;
  /** After the registry's address; the default is a repository. */
  readonly to?: string | null;
  readonly code: FaultCode | 'none';
  readonly text?: RegExp;
  readonly next?: RegExp;
}

const now = { 'retry-after': '0' };
const said = (code: string, message: string): string => JSON.stringify({ errors: [{ code, message }] });
const cases: Readonly<Record<string, Case>> = {
  'without a repository': { to: null, code: 'usage', text: /^no image repository for Fn$/mu, next: /write image_repository into samconfig's \[default\.deploy\.parameters\], or give --to REPOSITORY/u },
  'to what is no repository': { to: '/UPPER case', code: 'usage', text: /is not an image reference/u },
  'where the password is wrong': { spoil: (registry) => { registry.auth = { kind: 'basic', user: 'me', password: 'other' }; }, code: 'registry/unauthorized', text: /answered 401/u, next: /log in with an account that may push: `docker login 127/u },
  'where a token may only read': { spoil: (registry) => { registry.auth = { kind: 'token', user: 'me', password: 'other' }; }, code: 'registry/unauthorized' },
  'that is forbidden': { spoil: (registry) => registry.faults.push({ method: 'POST', path: /uploads/u, kind: { status: 403, body: said('DENIED', 'User is not authorized to perform: ecr:InitiateLayerUpload') } }), code: 'registry/unauthorized', text: /answered 403[^]*the registry says: DENIED: User is not authorized to perform: ecr:InitiateLayerUpload/u },
  'to a repository that is not there': { spoil: (registry) => { registry.repositories = new Set(); }, code: 'registry/not-found', text: /NAME_UNKNOWN/u, next: /create the repository app in the registry/u },
  'to a registry with a fault': { spoil: (registry) => registry.faults.push({ method: 'POST', path: /uploads/u, kind: { status: 500, headers: now } }), code: 'registry/unavailable', next: /try again later/u },
  'that is told to wait for an hour': { spoil: (registry) => registry.faults.push({ path: /uploads/u, kind: { status: 429, headers: { 'retry-after': '3600' } } }), code: 'registry/rate-limited', next: /wait a few minutes/u },
  'of a manifest that is refused': { spoil: (registry) => registry.faults.push({ method: 'PUT', path: /manifests/u, kind: { status: 400, body: said('MANIFEST_INVALID', 'no') } }), code: 'registry/protocol', text: /MANIFEST_INVALID: no/u },
  'whose upload is lost once': { spoil: (registry) => registry.faults.push({ method: 'PUT', path: /uploads/u, times: 1, kind: { status: 404, body: said('BLOB_UPLOAD_UNKNOWN', 'gone') } }), code: 'none' },
  'that is told to wait a moment': { spoil: (registry) => registry.faults.push({ path: /uploads/u, times: 2, kind: { status: 429, headers: now } }), code: 'none' },
  'whose connection is cut in a blob': { spoil: (registry) => registry.faults.push({ method: 'PUT', path: /uploads/u, times: 1, kind: { cutAfter: 0 } }), code: 'none' },
};

describe('a push', () => {
  it('to an ECR repository that is not there says how to make it', async () => {
    const body = Readable.from([Buffer.from(said('NAME_UNKNOWN', 'The repository does not exist'))]) as IncomingMessage;
    const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
    const { fault } = await responseFailure({ status: 404, headers: {}, body }, { repository: { registry, origin: `https://${registry}`, name: 'team/app' }, what: 'the blob', action: 'push' }, []);
    expect(fault).toMatchObject({ code: 'registry/not-found', next: 'create the repository first: `aws ecr create-repository --repository-name team/app --region eu-west-1`' });
  });

  it.each(Object.entries(cases))('%s', async (_, { spoil, to = '/app', code, text = /./u, next = /./u }) => {
    target.blobs.clear();
    target.manifests.clear();
    spoil?.(target);
    const before = project.snapshot();
    const ended = await pushTo(to === null ? undefined : `${target.host}${to}`);
    target.faults.length = 0;
    target.auth = { kind: 'none' };
    target.repositories = null;
    expect({ code: ended.code, exit: ended.exit, text: ended.text }).toEqual({ code, exit: code === 'none' ? 0 : faultExits[code], text: expect.stringMatching(text) as string });
    expect(ended.text).not.toMatch(/hunter2|_state/u);
    expect(await project.damaged()).toEqual([]);
    if (code === 'none') {
      expect(readFileSync(join(project.folder, '.aws-sam/build/template.yaml'), 'utf8')).toMatch(/ImageUri: "127\.0\.0\.1:\d+\/app@sha256:/u);
      return;
    }
    expect(ended.fault?.next).toMatch(next);
    // All that a push writes into the project is the template with digests, at its end.
    expect(changes(before, project.snapshot())).toEqual([]);
  });
});
