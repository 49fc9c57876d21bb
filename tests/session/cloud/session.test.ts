import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { deployed, startRig, template, type CloudRig } from './cloud-rig.ts';

let rig: CloudRig;
afterEach(async () => await rig[Symbol.asyncDispose]());

const edit = (text: string): void => rig.write('first/app.py', `def handler(e, c): return "${text}"\n`);

describe('a cloud session', () => {
  it('sends nothing when stack, template and code agree, and after a save that changes nothing', async () => {
    rig = await startRig();
    await deployed(rig);
    const session = await rig.open();
    // Functions are asked about at the same time, so that either call may be the first to arrive.
    expect((await rig.save(session)).toSorted()).toEqual(['DescribeStacks', 'GetFunction shop-dev-First-A1', 'GetFunction shop-dev-Second-B2', 'GetTemplate', 'ListStackResources']);
    expect(rig.events).toEqual([{ kind: 'ready', stack: 'shop-dev', region: 'eu-west-1', functions: 2 }]);
    rig.write('first/app.py', 'def handler(e, c): return 1\n');
    expect(await rig.save(session)).toEqual([]);
    expect(session.drift()).toEqual([]);
  });

  it('sends the code of the one function that changed, waits for it, and moves its alias', async () => {
    rig = await startRig();
    await deployed(rig);
    const session = await rig.open();
    await rig.save(session);
    edit('new');
    rig.cloud.slowness = 2;
    const name = 'shop-dev-First-A1';
    expect(await rig.save(session)).toEqual([`UpdateFunctionCode ${name}`, `GetFunctionConfiguration ${name}`, `GetFunctionConfiguration ${name}`, `GetFunctionConfiguration ${name}`, `PublishVersion ${name}`, `UpdateAlias ${name}`]);
    expect(rig.events.slice(1)).toMatchObject([{ kind: 'sent', name: 'First' }, { kind: 'updated', name: 'First', version: '7' }]);
    expect(rig.cloud.calls.at(-1)?.body).toBe('{"FunctionVersion":"7"}');
    expect(session.drift()).toMatchObject([{ name: 'First' }]);
    // Back to what the stack has: that is a change too, since the function runs something else.
    rig.write('first/app.py', 'def handler(e, c): return 1\n');
    expect((await rig.save(session))[0]).toBe(`UpdateFunctionCode ${name}`);
  });

  it('remembers over sessions what it sent, and tells code that somebody else sent', async () => {
    rig = await startRig();
    await deployed(rig);
    const first = await rig.open();
    await rig.save(first);
    edit('new');
    await rig.save(first);
    const second = await rig.open();
    expect(await rig.save(second)).not.toContain('UpdateFunctionCode shop-dev-First-A1');
    expect(second.drift()).toMatchObject([{ name: 'First' }]);
    rig.cloud.code.set('shop-dev-First-A1', { sha: 'c29tZXRoaW5nIGVsc2U=' });
    const third = await rig.open();
    expect(await rig.save(third)).toContain('UpdateFunctionCode shop-dev-First-A1');
    expect(rig.events).toContainEqual({ kind: 'foreign', name: 'First' });
  });

  it('publishes a layer and gives its version to the functions that use it, leaving their other layers', async () => {
    rig = await startRig();
    await deployed(rig);
    const session = await rig.open();
    await rig.save(session);
    rig.write('shared/shared.py', 'X = 2\n');
    expect(await rig.save(session)).toEqual(['PublishLayerVersion Shared', 'GetFunction shop-dev-Second-B2', 'UpdateFunctionConfiguration shop-dev-Second-B2', 'GetFunctionConfiguration shop-dev-Second-B2']);
    expect(rig.cloud.code.get('shop-dev-Second-B2')?.layers).toEqual(['arn:aws:lambda:eu-west-1:1:layer:Shared:8', 'arn:aws:lambda:eu-west-1:9:layer:Other:3']);
  });

  it('lets sam deploy where the template says something else than the stack, also when it changes later', async () => {
    rig = await startRig();
    await deployed(rig);
    const log = join(rig.folder, '..', 'sam.log');
    const sam = join(rig.folder, '..', 'sam');
    writeFileSync(sam, `#!/bin/sh\necho "$@" >> ${log}\n`);
    chmodSync(sam, 0o755);
    const session = await rig.open();
    await rig.save(session);
    rig.write('template.yaml', template.replace('MemorySize: 256', 'MemorySize: 512'));
    const calls = await rig.save(session);
    expect(readFileSync(log, 'utf8')).toBe('deploy --config-env dev --region eu-west-1 --no-confirm-changeset --no-fail-on-empty-changeset\n');
    expect(calls).not.toContain('UpdateFunctionCode shop-dev-First-A1');
    expect(rig.events.slice(1)).toMatchObject([{ kind: 'differs', differences: ['Resources.First.Properties.MemorySize'] }, { kind: 'deploying', why: 'the template has changed' }, { kind: 'deployed' }, { kind: 'ready' }]);
    rig.cloud.stack = undefined;
    const fresh = await rig.open();
    await expect(rig.save(fresh)).rejects.toMatchObject({ fault: { code: 'aws/not-found', what: 'the stack shop-dev is not there after its deployment' } });
  });

  it('never touches production, however that is marked', async () => {
    rig = await startRig();
    await deployed(rig);
    const refused = async (why: string): Promise<void> => {
      const session = await rig.open();
      await expect(rig.save(session)).rejects.toMatchObject({ fault: { code: 'usage', what: expect.stringContaining(why) } });
    };
    const stack = rig.cloud.stack ?? { template: '', resources: [] };
    rig.cloud.stack = { ...stack, tags: { Environment: 'production' } };
    await refused('shop-dev counts as production: its tag Environment is production');
    rig.cloud.stack = { ...stack, isProtected: true };
    await refused('termination protection is on');
    rig.cloud.stack = { ...stack, parameters: { Stage: 'prod' } };
    await refused('its parameter Stage is prod');
    expect(rig.cloud.calls.map(({ name }) => name)).toEqual(['DescribeStacks', 'DescribeStacks', 'DescribeStacks']);
    const config = readFileSync(join(rig.folder, 'samconfig.toml'), 'utf8');
    for (const [from, to, why] of [['"shop-dev"', '"shop-prod"', 'the stack is called shop-prod'], ['Stage = "dev"', 'Stage = "production"', 'it deploys as production'], ['region =', 'shear_production = true\nregion =', 'samconfig says shear_production for dev']] as const) {
      rig.write('samconfig.toml', config.replace(from, to));
      await expect(rig.open()).rejects.toMatchObject({ fault: { code: 'usage', what: expect.stringContaining(why) } });
    }
  });
});

describe('a large zip', () => {
  const name = 'UpdateFunctionCode shop-dev-First-A1';
  const put = 'PUT /artefacts/shear/shop-dev/First.zip';
  /** Bytes that do not get smaller in a zip. */
  const large = (seed: number): string => Array.from({ length: 20_000 }, (_, at) => (Math.imul(at + seed, 2_654_435_761) >>> 0).toString(36)).join('');
  const saved = async (env: Readonly<Record<string, string>> = {}): Promise<{ readonly save: () => ReturnType<CloudRig['save']>; readonly sha: () => string | undefined }> => {
    rig = await startRig(env);
    await deployed(rig);
    const session = await rig.open();
    await rig.save(session);
    rig.write('first/data.txt', large(1));
    return { save: () => rig.save(session), sha: () => rig.cloud.code.get('shop-dev-First-A1')?.sha };
  };

  it('goes as it is through the bucket of samconfig: base64 in the request would be a third more', async () => {
    const { save, sha } = await saved();
    const before = rig.cloud.calls.length;
    expect((await save()).slice(0, 2)).toEqual([put, name]);
    const zip = rig.cloud.objects.get('artefacts/shear/shop-dev/First.zip');
    expect(zip?.length).toBeGreaterThan(50_000);
    const sent = rig.cloud.calls.slice(before).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(sent).toBeLessThan((zip?.length ?? 0) + 1000);
    const first = sha();
    rig.write('first/data.txt', large(2));
    await save();
    expect(rig.cloud.objects.size).toBe(1);
    expect(sha()).not.toBe(first);
  });

  it.each<readonly [string, readonly [string, number, string]]>([
    ['the bucket may not be written', [put, 403, 'AccessDenied']],
    ['Lambda may not read it', [name, 400, 'InvalidParameterValueException']],
  ])('goes into the request where %s, and from then on', async (_, [call, status, code]) => {
    const { save, sha } = await saved();
    rig.cloud.faults.set(call, [{ kind: 'error', status, code }]);
    expect((await save()).filter((one) => one === name || one === put)).toEqual(call === put ? [put, name] : [put, name, name]);
    expect(rig.events.at(-1)).toMatchObject({ kind: 'updated' });
    const first = sha();
    rig.write('first/data.txt', large(2));
    expect((await save()).filter((one) => one === put)).toEqual([]);
    expect(sha()).not.toBe(first);
  });
});

describe('a cloud session meets faults', () => {
  const update = 'UpdateFunctionCode shop-dev-First-A1';
  const started = async (env: Readonly<Record<string, string>> = {}): Promise<Awaited<ReturnType<CloudRig['open']>>> => {
    rig = await startRig(env);
    await deployed(rig);
    const session = await rig.open();
    await rig.save(session);
    edit('new');
    return session;
  };

  it('throttling: goes slower and on', async () => {
    const session = await started();
    rig.cloud.faults.set(update, [{ kind: 'error', status: 429, code: 'TooManyRequestsException' }, { kind: 'error', status: 400, code: 'ThrottlingException' }]);
    expect((await rig.save(session)).filter((name) => name === update)).toHaveLength(3);
    expect(rig.waits.slice(0, 2)).toEqual([250, 500]);
    expect(rig.events.at(-1)).toMatchObject({ kind: 'updated', name: 'First' });
  });

  it('another update under way: waits for its end', async () => {
    const session = await started();
    rig.cloud.faults.set(update, [{ kind: 'error', status: 409, code: 'ResourceConflictException' }]);
    await rig.save(session);
    expect(rig.events.at(-1)).toMatchObject({ kind: 'updated' });
  });

  it('a minute without an answer: says so, tries again, and sends what is newest by then', async () => {
    const session = await started();
    rig.cloud.faults.set(update, Array.from({ length: 12 }, () => ({ kind: 'cut' as const })));
    await rig.save(session);
    expect(rig.events.filter(({ kind }) => kind === 'waiting')).toMatchObject([{ name: 'First', seconds: 1, fault: { code: 'network/unreachable', what: 'UpdateFunctionCode of shop-dev-First-A1 got no answer' } }, { seconds: 2 }, { seconds: 4 }]);
    expect(rig.events.at(-1)).toMatchObject({ kind: 'updated' });
  });

  it('keys that end in the middle: looks for new ones, in the files too', async () => {
    rig = await startRig({ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
    const home = join(rig.folder, '..');
    const keys = (id: string): void => rig.write('../credentials', `[default]\naws_access_key_id = ${id}\naws_secret_access_key = secret\n`);
    const before = { file: process.env['AWS_SHARED_CREDENTIALS_FILE'], config: process.env['AWS_CONFIG_FILE'] };
    Object.assign(process.env, { AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'), AWS_CONFIG_FILE: join(home, 'none') });
    try {
      keys('AKFILE1');
      await deployed(rig);
      const session = await rig.open();
      await rig.save(session);
      expect(new Set(rig.cloud.calls.map(({ accessKey }) => accessKey))).toEqual(new Set(['AKFILE1']));
      rig.cloud.expired.add('AKFILE1');
      keys('AKFILE2');
      edit('new');
      await rig.save(session);
      expect(rig.cloud.calls.at(-1)).toMatchObject({ accessKey: 'AKFILE2' });
      expect(rig.events.at(-1)).toMatchObject({ kind: 'updated' });
    } finally {
      for (const [name, value] of [['AWS_SHARED_CREDENTIALS_FILE', before.file], ['AWS_CONFIG_FILE', before.config]] as const) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });

  it('keys of the environment that end: says what to do, and goes on waiting', async () => {
    const session = await started();
    rig.cloud.expired.add('AKONE');
    const build = await rig.build();
    await session.update(build);
    // A few rounds later somebody has made them valid again.
    while (rig.events.filter(({ kind }) => kind === 'waiting').length < 3) await new Promise((resolve) => setImmediate(resolve));
    rig.cloud.expired.clear();
    await session.settled();
    expect(rig.events.find(({ kind }) => kind === 'waiting')).toMatchObject({ fault: { code: 'aws/unauthorized', what: 'UpdateFunctionCode of shop-dev-First-A1 was refused: the AWS credentials have ended or are not valid', next: 'sign in again (`aws sso login`), or set new keys' } });
    expect(rig.events.at(-1)).toMatchObject({ kind: 'updated' });
  });

  it('a function that is gone, and one that Lambda refuses: says so and stays with the others', async () => {
    const session = await started();
    rig.cloud.faults.set(update, [{ kind: 'error', status: 404, code: 'ResourceNotFoundException', message: 'Function not found' }]);
    rig.write('second/app.py', 'changed = True\n');
    await rig.save(session);
    expect(rig.events).toContainEqual(expect.objectContaining({ kind: 'failed', name: 'First', fault: expect.objectContaining({ code: 'aws/not-found', why: 'AWS says ResourceNotFoundException: Function not found' }) }));
    expect(rig.events).toContainEqual(expect.objectContaining({ kind: 'updated', name: 'Second' }));
  });
});
