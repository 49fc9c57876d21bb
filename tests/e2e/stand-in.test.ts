import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { serveLayout, type LayoutRegistry } from '../../scripts/peers/layout-registry.ts';
import { cacheFolder, createScriptHost } from '../../scripts/script-host.ts';
import { lambdaImage, officialImage, provideStandIns, type StandIn } from '../../scripts/stand-in/images.ts';
import { openBase } from '../../src/build/base-image.ts';
import { openLayout, refName } from '../../src/oci/layout.ts';
import { validateImage } from '../../src/oci/validate.ts';
import { unpackImage } from '../../src/runtime/rootfs.ts';
import { openStore } from '../../src/store/store.ts';

const host = { ...createScriptHost(), emit: () => undefined };

describe.runIf(process.platform === 'linux')('the stand-in base images', () => {
  let made: StandIn;
  let registry: LayoutRegistry;
  const folder = mkdtempSync(join(tmpdir(), 'shear-stand-in-'));
  beforeAll(async () => {
    made = await provideStandIns(host, 'host', cacheFolder);
    registry = await serveLayout(made.layout, { host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([officialImage, lambdaImage])('%s is an image in which every claim is true', async (name) => {
    const layout = openLayout(made.layout);
    const manifest = layout.manifests.find((one) => one.annotations?.[refName] === name);
    expect(manifest).toBeDefined();
    if (manifest) expect(await validateImage(manifest, layout)).toEqual([]);
  });

  it('can be read by tag and by digest from a registry in front of the layout', async () => {
    const mirrored = { ...host, env: { ...host.env, SHEAR_REGISTRY_MIRRORS: `public.ecr.aws=http://${registry.address}` } };
    const store = openStore(join(folder, 'store'), Date.now);
    const byTag = await openBase(mirrored, store, officialImage, host.arch);
    const byDigest = await openBase(mirrored, openStore(join(folder, 'other'), Date.now), `${officialImage}@${byTag?.digest ?? ''}`, host.arch);
    expect(byDigest?.digest).toBe(byTag?.digest);
    expect(byTag?.config.env).toContain(`PYTHON_VERSION=${made.python.version}`);
  });

  it('runs its Python, with the modules that need libraries', async (context) => {
    const bubblewrap = await host.run('bwrap', ['--version']).catch(() => undefined);
    if (bubblewrap?.code !== 0) return context.skip('bubblewrap is not installed');
    const store = openStore(join(folder, 'store'), Date.now);
    const base = await openBase({ ...host, env: { ...host.env, SHEAR_REGISTRY_MIRRORS: `public.ecr.aws=oci:${made.layout}` } }, store, officialImage, host.arch);
    await base?.fetchLayers();
    const layers = (base?.layers ?? []).map((layer, i) => ({ ...layer, diffId: base?.config.diffIds[i] ?? ('' as never), path: store.pathOf(layer.digest) }));
    const { root } = await unpackImage({ layers, folder: join(folder, 'runtime') });
    const code = 'import bz2, ctypes, hashlib, lzma, sqlite3, ssl, zlib, sys; print(sys.prefix, "%d.%d.%d" % sys.version_info[:3])';
    const { stdout, stderr } = await host.run('bwrap', ['--ro-bind', root, '/', '--proc', '/proc', '--dev', '/dev', '--clearenv', '/usr/local/bin/python3', '-c', code]);
    expect(stderr).toBe('');
    expect(stdout.trim()).toBe(`/usr/local ${made.python.version}`);
  });
});

describe('the example', () => {
  it('keeps its handler the same in all its variants', () => {
    const read = (path: string): string => readFileSync(join(import.meta.dirname, '../../examples', path), 'utf8');
    expect(read('transcribe-tuned/app.py')).toBe(read('transcribe/app.py'));
    expect(read('transcribe-zip/src/app.py')).toBe(read('transcribe/app.py'));
  });
});
