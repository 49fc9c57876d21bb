import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createRig, projectFiles, type Rig } from './rig.ts';
import { template } from '../../support/image-and-zip-template.ts';

let rig: Rig;
afterEach(async () => {
  await rig.close();
});

const kinds = (): readonly string[] => rig.events.map((event) => event.kind);
const lastChanged = (): readonly string[] => {
  const last = rig.events.findLast((event) => event.kind === 'building');
  return last?.kind === 'building' ? last.changed : [];
};

describe('the loop', () => {
  it('builds once at its start and once for each save, and only what it affects', async () => {
    rig = createRig();
    const loop = await rig.start();
    const before = rig.digests();
    rig.write('image/app.py', 'VERSION = 2\n');
    await loop.settled();
    expect(kinds()).toEqual(['building', 'built', 'building', 'built']);
    expect(lastChanged()).toEqual(['image/app.py']);
    const last = rig.events.at(-1)!;
    expect(last.kind === 'built' && last.build.report.steps.filter((step) => !step.cached).map((step) => step.label)).toEqual(['layer:Image/1-copy', 'image:Image']);
    expect(rig.digests()['Zip']).toBe(before['Zip']);
    expect(rig.digests()).toEqual(await rig.freshDigests());
  });

  it('tells that a function runs on only when nothing of it changed', async () => {
    rig = createRig();
    const keys: Record<string, string>[] = [];
    const loop = await rig.start({
      onFunctions: (functions, _, isAll) => {
        if (isAll) keys.push(Object.fromEntries(functions.map((fn) => [fn.name, fn.kind === 'runnable' ? fn.key : fn.why.what])));
        return Promise.resolve();
      },
    });
    rig.write('zip/app.py', 'VERSION = 2\n');
    await loop.settled();
    rig.write('template.yaml', template.replace('PackageType: Image', 'PackageType: Image, MemorySize: 512'));
    await loop.settled();
    expect(keys.map((one) => one['Image'] === keys[0]!['Image'])).toEqual([true, true, false]);
    expect(keys.map((one) => one['Zip'] === keys[1]!['Zip'])).toEqual([false, true, true]);
  });

  it('does not build for a touch, a write of the same bytes, or what no artefact holds', async () => {
    rig = createRig();
    const loop = await rig.start();
    rig.write('image/app.py', projectFiles['image/app.py']!);
    rig.write('image/debug.log', 'noise');
    rig.write('.git/index', 'x');
    rig.write('README.md', 'x');
    rig.write('zip/__pycache__/app.pyc', 'x');
    await loop.settled();
    expect(kinds()).toEqual(['building', 'built']);
    rig.write('zip/app.py', 'VERSION = 2\n');
    await loop.settled();
    expect(lastChanged()).toEqual(['zip/app.py']);
    expect(kinds()).toEqual(['building', 'built', 'building', 'built']);
  });

  it('sees permissions, new folders, renamed and removed ones', async () => {
    rig = createRig();
    const loop = await rig.start();
    const seen = [JSON.stringify(rig.digests())];
    const steps: readonly (() => void)[] = [
      () => chmodSync(rig.at('image/app.py'), 0o755),
      () => rig.write('image/new/deep/a.py', 'a'),
      () => rig.write('image/new/deep/b.py', 'b'),
      () => renameSync(rig.at('image/new'), rig.at('image/newer')),
      () => rig.write('image/newer/deep/c.py', 'c'),
      () => rmSync(rig.at('image/newer'), { recursive: true }),
    ];
    for (const step of steps) {
      step();
      await loop.settled();
      seen.push(JSON.stringify(rig.digests()));
      expect(rig.digests()).toEqual(await rig.freshDigests());
    }
    expect(new Set(seen).size).toBe(6);
  });

  it('gives a checkout of a thousand files one state', async () => {
    rig = createRig();
    const loop = await rig.start();
    for (let number = 0; number < 1000; number++) rig.write(`image/many/${number % 20}/${number}.py`, `N = ${number}\n`);
    await loop.settled();
    expect(rig.digests()).toEqual(await rig.freshDigests());
    expect(kinds().filter((kind) => kind === 'failed')).toEqual([]);
  });

  it('keeps the last good build while a template is broken, says where, and goes on when it is mended', async () => {
    rig = createRig();
    const loop = await rig.start();
    const before = readFileSync(join(rig.project, '.aws-sam/build/template.yaml'), 'utf8');
    rig.write('template.yaml', 'Resources: [\n');
    await loop.settled();
    expect(loop.hasFailed()).toBe(true);
    const last = rig.events.at(-1);
    expect(last?.kind === 'failed' && last.fault.place).toMatchObject({ file: 'template.yaml', line: 1 });
    expect(readFileSync(join(rig.project, '.aws-sam/build/template.yaml'), 'utf8')).toBe(before);
    rig.write('template.yaml', template);
    await loop.settled();
    expect(loop.hasFailed()).toBe(false);
    expect(rig.digests()).toEqual(await rig.freshDigests());
  });

  it('builds the others while a Dockerfile is broken, says where, leaves the template for sam as it was, and goes on when it is mended', async () => {
    rig = createRig();
    const loop = await rig.start();
    const template = readFileSync(join(rig.project, '.aws-sam/build/template.yaml'), 'utf8');
    const before = rig.digests();
    rig.write('image/Dockerfile', 'FROM example.test/python:3.12\nCOPY absent.py .\n');
    rig.write('zip/app.py', 'VERSION = 2\n');
    await loop.settled();
    expect(loop.hasFailed()).toBe(false);
    const built = rig.events.at(-1);
    expect(built?.kind === 'built' && built.build.functions.map((fn) => [fn.name, fn.kind, fn.kind === 'unbuilt' ? fn.why.place?.line : 0])).toEqual([['Image', 'unbuilt', 2], ['Zip', 'runnable', 0]]);
    expect(Object.keys(rig.digests())).toEqual(['Zip']);
    expect(rig.digests()['Zip']).not.toBe(before['Zip']);
    expect(readFileSync(join(rig.project, '.aws-sam/build/template.yaml'), 'utf8')).toBe(template);
    rig.write('image/Dockerfile', projectFiles['image/Dockerfile']!);
    await loop.settled();
    expect(rig.digests()).toEqual(await rig.freshDigests());
  });

  it('starts where nothing can be built yet, and builds when it can', async () => {
    rig = createRig({ ...projectFiles, 'template.yaml': 'Resources: {' });
    const loop = await rig.start();
    expect(kinds()).toEqual(['building', 'failed']);
    rig.write('template.yaml', template);
    await loop.settled();
    expect(kinds()).toEqual(['building', 'failed', 'building', 'built']);
  });

  it('goes on when a watched folder, or the whole project, went away and came back', async () => {
    rig = createRig();
    const loop = await rig.start();
    const away = join(rig.root, 'away');
    for (const path of [rig.at('image'), rig.project]) {
      renameSync(path, away);
      await loop.settled();
      const last = rig.events.at(-1);
      // Without its folder one function cannot be built, without the project none.
      expect(last?.kind === 'built' ? last.build.functions.map((fn) => fn.kind) : last?.kind).toEqual(path === rig.project ? 'failed' : ['unbuilt', 'runnable']);
      renameSync(away, path);
      await loop.settled();
      expect(rig.events.at(-1)).toMatchObject({ kind: 'built', build: { functions: [{ kind: 'runnable' }, { kind: 'runnable' }] } });
    }
    rig.write('image/app.py', 'VERSION = 3\n');
    await loop.settled();
    expect(rig.digests()).toEqual(await rig.freshDigests());
  });

  it('comes to the same without events', async () => {
    rig = createRig();
    const refuse = (): never => {
      throw Object.assign(new Error('no more'), { code: 'EMFILE' });
    };
    let told: (() => void) | undefined;
    await rig.start({
      watchFolder: refuse,
      onEvent: (event) => {
        rig.events.push(event);
        if (event.kind === 'built') told?.();
      },
    });
    expect(kinds()).toEqual(['building', 'built', 'polling']);
    const rebuilt = new Promise<void>((resolve) => (told = resolve));
    rig.write('zip/app.py', 'VERSION = 2\n');
    await rebuilt;
    expect(rig.digests()).toEqual(await rig.freshDigests());
  });

  it('makes anew what somebody removed from .aws-sam', async () => {
    rig = createRig();
    const loop = await rig.start();
    rmSync(rig.at('.aws-sam'), { recursive: true });
    mkdirSync(rig.at('.aws-sam'));
    writeFileSync(rig.at('zip/app.py'), 'VERSION = 2\n');
    await loop.settled();
    expect(existsSync(rig.at('.aws-sam/build/Image.tar'))).toBe(true);
    expect(readFileSync(rig.at('.aws-sam/build/Zip/app.py'), 'utf8')).toBe('VERSION = 2\n');
  });
});
