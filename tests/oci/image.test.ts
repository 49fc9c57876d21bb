import { describe, expect, it } from 'vitest';
import { diffId, digest, digestOf } from '../../src/base/digest.ts';
import type { ImageLayer } from '../../src/oci/descriptor.ts';
import { assembleImage, type ImageBase, type ImageParts } from '../../src/oci/image.ts';
import { parseConfig, parseManifest } from '../../src/oci/image-json.ts';

const hash = (letter: string): string => `sha256:${letter.repeat(64)}`;

function layer(letter: string): ImageLayer {
  return { blob: { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digest(hash(letter)), size: 100 }, diffId: diffId(hash(letter)), createdBy: `COPY ${letter} /` };
}

/** A base as Docker 20.10 would have pushed it. */
function dockerBase(config: object = {}, layerType = 'application/vnd.docker.image.rootfs.diff.tar.gzip'): ImageBase {
  const configBytes = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      container: 'f00',
      container_config: { Cmd: ['x'] },
      config: { Env: ['PATH=/bin', 'LANG=C'], Cmd: ['old'], Entrypoint: ['/lambda-entrypoint.sh'], WorkingDir: '/var/task', Labels: { b: '1' }, ExposedPorts: { '80/tcp': {} }, Volumes: { '/v': {} }, OnBuild: ['RUN x'], Image: 'sha256:abc' },
      rootfs: { type: 'layers', diff_ids: [hash('d')] },
      history: [{ created: '2024-01-01T00:00:00Z', created_by: 'ADD root' }, { created: '2024-01-01T00:00:01Z', created_by: 'ENV LANG=C', empty_layer: true }],
      ...config,
    }),
  );
  const manifestBytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: { mediaType: 'application/vnd.docker.container.image.v1+json', digest: digestOf(configBytes), size: configBytes.length },
      layers: [{ mediaType: layerType, digest: hash('d'), size: 7 }],
    }),
  );
  const manifest = parseManifest(manifestBytes);
  const parsed = parseConfig(configBytes);
  if (!manifest.ok || !parsed.ok) throw new Error('bad base');
  return { manifest: manifest.value, config: parsed.value };
}

function assembled(parts: ImageParts): { readonly manifest: Record<string, unknown>; readonly config: Record<string, unknown> } {
  const image = assembleImage(parts);
  if (!image.ok) throw new Error(image.error.what);
  expect(digestOf(image.value.manifestBytes)).toBe(image.value.manifest.digest);
  expect(digestOf(image.value.configBytes)).toBe(image.value.config.digest);
  return { manifest: JSON.parse(image.value.manifestBytes.toString()) as Record<string, unknown>, config: JSON.parse(image.value.configBytes.toString()) as Record<string, unknown> };
}

describe('assembleImage', () => {
  it('puts layers on a base in the base\'s own family of media types', () => {
    const { manifest } = assembled({ base: dockerBase(), layers: [layer('a'), layer('b')] });
    expect(manifest).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: { mediaType: 'application/vnd.docker.container.image.v1+json', digest: expect.stringMatching(/^sha256:/u) as string, size: expect.any(Number) as number },
      layers: ['d', 'a', 'b'].map((letter) => ({ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', digest: hash(letter), size: letter === 'd' ? 7 : 100 })),
    });
  });

  it('changes the config as the Dockerfile says and keeps the rest', () => {
    const { config } = assembled({
      base: dockerBase(),
      layers: [layer('a')],
      metadata: ['CMD ["app.handler"]'],
      changes: { env: [['LANG', 'C.UTF-8'], ['NEW', 'a=b']], cmd: ['app.handler'], labels: { a: '2' }, exposedPorts: ['8080/tcp'], user: 'app', stopSignal: 'SIGINT' },
    });
    expect(config).toEqual({
      architecture: 'amd64',
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: {
        Cmd: ['app.handler'],
        Entrypoint: ['/lambda-entrypoint.sh'],
        Env: ['PATH=/bin', 'LANG=C.UTF-8', 'NEW=a=b'],
        ExposedPorts: { '80/tcp': {}, '8080/tcp': {} },
        Labels: { a: '2', b: '1' },
        StopSignal: 'SIGINT',
        User: 'app',
        Volumes: { '/v': {} },
        WorkingDir: '/var/task',
      },
      rootfs: { type: 'layers', diff_ids: [hash('d'), hash('a')] },
      history: [
        { created: '2024-01-01T00:00:00Z', created_by: 'ADD root' },
        { created: '2024-01-01T00:00:01Z', created_by: 'ENV LANG=C', empty_layer: true },
        { created: '1970-01-01T00:00:00Z', created_by: 'COPY a /' },
        { created: '1970-01-01T00:00:00Z', created_by: 'CMD ["app.handler"]', empty_layer: true },
      ],
    });
  });

  it('takes the base\'s command away when told to', () => {
    const { config } = assembled({ base: dockerBase(), layers: [], changes: { cmd: null, entrypoint: ['/x'] } });
    expect(config['config']).toMatchObject({ Entrypoint: ['/x'] });
    expect(config['config']).not.toHaveProperty('Cmd');
  });

  it('completes a base\'s history, since Lambda refuses layers without a line', () => {
    const { config } = assembled({ base: dockerBase({ history: [] }), layers: [layer('a')] });
    expect((config['history'] as readonly { readonly created_by: string }[]).map((one) => one.created_by)).toEqual(['layer of the base image', 'COPY a /']);
  });

  it('gives the same bytes for the same parts in any order of names', () => {
    const one = assembleImage({ base: dockerBase(), layers: [], changes: { labels: { x: '1', y: '2' }, exposedPorts: ['1/tcp', '2/tcp'] } });
    const other = assembleImage({ base: dockerBase(), layers: [], changes: { labels: { y: '2', x: '1' }, exposedPorts: ['2/tcp', '1/tcp'] } });
    expect(one).toEqual(other);
  });

  it('makes an image from scratch', () => {
    const { manifest, config } = assembled({ base: 'scratch', architecture: 'arm64', layers: [layer('a')], changes: { cmd: ['/x'] } });
    expect(manifest['mediaType']).toBe('application/vnd.oci.image.manifest.v1+json');
    expect(config).toMatchObject({ architecture: 'arm64', os: 'linux', config: { Cmd: ['/x'] } });
  });

  it.each([
    ['another architecture', { base: dockerBase(), layers: [], architecture: 'arm64' } as const, 'image/invalid', 'the base image is for amd64, the function for arm64'],
    ['zstd layers', { base: dockerBase({}, 'application/vnd.oci.image.layer.v1.tar+zstd'), layers: [] } as const, 'image/invalid', 'the base image has a layer of type application/vnd.oci.image.layer.v1.tar+zstd'],
    ['too many layers', { base: dockerBase(), layers: Array.from({ length: 127 }, () => layer('a')) } as const, 'limit/exceeded', 'the image would have 128 layers; 127 is the most that runtimes take'],
  ])('refuses a base with %s', (_, parts, code, what) => {
    expect(assembleImage(parts)).toMatchObject({ ok: false, error: { code, what } });
  });
});

describe('parseManifest', () => {
  it.each([
    ['not json', 'the image manifest is not JSON'],
    ['[]', 'the image manifest is not a JSON object'],
    ['{"schemaVersion":1}', 'the image manifest has schema version 1, not 2'],
    ['{"schemaVersion":2,"manifests":[]}', 'the manifest is an index of several images, not one image'],
    ['{"schemaVersion":2,"config":{},"layers":[]}', 'the image manifest names its config or layers wrongly'],
    [`{"schemaVersion":2,"config":{"mediaType":"x","digest":"${hash('a')}","size":-1},"layers":[]}`, 'the image manifest names its config or layers wrongly'],
  ])('refuses %s', (text, what) => {
    expect(parseManifest(Buffer.from(text))).toMatchObject({ ok: false, error: { code: 'image/invalid', what } });
  });
});
