import { describe, expect, it } from 'vitest';
import { classifyRun, mountsOf, type RunEffect } from '../../src/model/run-command.ts';
import { parseDockerfile, type DockerfileInstruction } from '../../src/syntax/dockerfile.ts';

function instruction(run: string): DockerfileInstruction {
  const parsed = parseDockerfile({ path: 'Dockerfile', text: `FROM scratch\n${run}\n` });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const [first] = parsed.value.stages[0]?.instructions ?? [];
  if (!first) throw new Error('no instruction');
  return first;
}

const known: Readonly<Record<string, string>> = { LAMBDA_TASK_ROOT: '/var/task', NAME: 'x', EMPTY: '' };

function effects(run: string): readonly RunEffect[] {
  return classifyRun(instruction(`RUN ${run}`), (name) => known[name]);
}

function only(run: string): RunEffect {
  const all = effects(run).filter((effect) => effect.kind !== 'no-operation');
  const [first] = all;
  if (!first || all.length !== 1) throw new Error(`${all.length} effects: ${JSON.stringify(all)}`);
  return first;
}

const reason = (run: string): string => {
  const effect = only(run);
  return effect.kind === 'opaque' ? effect.reason : `not opaque but ${effect.kind}`;
};

describe('pip install', () => {
  it.each([
    ['pip install -r requirements.txt', 'pip', undefined],
    ['pip3 install -r requirements.txt', 'pip', 'python3'],
    ['pip3.12 install -r requirements.txt', 'pip', 'python3.12'],
    ['python -m pip install -r requirements.txt', 'pip', 'python'],
    ['python3 -m pip install --requirement=requirements.txt', 'pip', 'python3'],
    ['python3.12 -u -m pip install -rrequirements.txt', 'pip', 'python3.12'],
    ['/var/lang/bin/python3.12 -m pip install -r requirements.txt', 'pip', '/var/lang/bin/python3.12'],
    ['/var/lang/bin/pip3.12 install -r requirements.txt', 'pip', '/var/lang/bin/python3.12'],
    ['pip --no-cache-dir install -r requirements.txt', 'pip', undefined],
    ['uv pip install --system -r requirements.txt', 'uv', undefined],
    ['python -m uv pip install --system -r requirements.txt', 'uv', 'python'],
    ['["pip", "install", "-r", "requirements.txt"]', 'pip', undefined],
  ])('is read in %s', (run, tool, python) => {
    expect(only(run)).toMatchObject({ kind: 'pip-install', tool, python, requirementsFiles: ['requirements.txt'], requirements: [], location: { kind: 'site' } });
  });

  it.each([
    ['-t /opt/python', { kind: 'target', path: '/opt/python' }],
    ['--target "${LAMBDA_TASK_ROOT}"', { kind: 'target', path: '/var/task' }],
    ['--target=$LAMBDA_TASK_ROOT/lib', { kind: 'target', path: '/var/task/lib' }],
    ['--prefix=/install', { kind: 'prefix', path: '/install' }],
    ['--root /sysroot', { kind: 'root', path: '/sysroot' }],
    ['--user', { kind: 'user' }],
  ])('goes to the place that %s says', (flags, location) => {
    expect(only(`pip install ${flags} six`)).toMatchObject({ kind: 'pip-install', requirements: ['six'], location });
  });

  it('keeps the options that change what is installed', () => {
    const effect = only(
      'pip install -U --no-cache-dir --no-deps --require-hashes --only-binary=:all: --platform manylinux2014_x86_64 --implementation cp ' +
      '--python-version 3.12 --abi cp312 -i https://i.example/simple --extra-index-url https://e.example/simple --no-compile -c limits.txt "six>=1,<2" idna[all]==3.1 -e ./lib',
    );
    expect(effect).toMatchObject({
      requirements: ['six>=1,<2', 'idna[all]==3.1'], constraintFiles: ['limits.txt'], editables: ['./lib'],
      options: {
        noCache: true, upgrade: true, noDependencies: true, requireHashes: true, noCompile: true, onlyBinary: [':all:'], platforms: ['manylinux2014_x86_64'],
        implementation: 'cp', pythonVersion: '3.12', abis: ['cp312'], indexUrl: 'https://i.example/simple', extraIndexUrls: ['https://e.example/simple'],
      },
    });
  });

  it('sees variables before it and around it', () => {
    expect(only('PIP_NO_CACHE_DIR=1 pip install six')).toMatchObject({ options: { noCache: true } });
    expect(only('export PIP_INDEX_URL=https://i.example/s && pip install six')).toMatchObject({ options: { indexUrl: 'https://i.example/s' } });
    expect(reason('PIP_USER=1 pip install six')).toBe('the variable PIP_USER changes what pip installs');
    expect(reason('CFLAGS=-O0 pip install six')).toBe('the variable CFLAGS may change what pip does');
  });

  it('knows the folder that cd led to', () => {
    expect(only('cd /build && cd app && pip install -r requirements.txt')).toMatchObject({ kind: 'pip-install', folder: '/build/app' });
    expect(only('cd app; pip install -r requirements.txt')).toMatchObject({ folder: 'app' });
  });

  it('is opaque where cd cannot be followed', () => {
    expect(effects('cd $UNKNOWN && pip install six').map((effect) => effect.kind)).toEqual(['opaque', 'opaque']);
    expect(effects('cd - && pip install six').map((effect) => effect.kind)).toEqual(['opaque', 'opaque']);
    expect(effects('cd x* && pip install six').map((effect) => effect.kind)).toEqual(['opaque', 'pip-install']);
    expect(effects('cd $UNKNOWN && cd /a && pip install six')[2]).toMatchObject({ kind: 'pip-install', folder: '/a' });
    expect(only('cd /a && pip install -r $PWD/r.txt')).toMatchObject({ requirementsFiles: ['/a/r.txt'] });
  });

  it('of tools alone is told apart', () => {
    expect(only('pip install --upgrade pip')).toMatchObject({ kind: 'tool-upgrade', packages: ['pip'] });
    expect(only('python -m pip install -U pip setuptools==70.0 wheel')).toMatchObject({ kind: 'tool-upgrade', packages: ['pip', 'setuptools==70.0', 'wheel'] });
    expect(only('pip install pip six').kind).toBe('pip-install');
  });

  it.each([
    ['pip install --frobnicate six', 'pip install has the flag --frobnicate, which is not understood'],
    ['pip install -tx --prefix y six', 'pip install has more than one of --target, --prefix, --root and --user'],
    ['pip download six', 'pip download is not understood'],
    ['pip install $UNKNOWN', 'the variable UNKNOWN is not known'],
    ['pip install $(cat list)', 'it holds a command substitution'],
    ['pip install pkg[ab]*', 'the shell expands a pattern'],
    ['pip install *.whl', 'the shell expands a pattern'],
    ['pip install six > log', 'pip writes to log'],
    ['pip install six | tee log', 'pip is part of a pipe'],
  ])('is opaque in %s', (run, expected) => {
    expect(effects(run).find((effect) => effect.kind === 'opaque')).toMatchObject({ reason: expected });
  });

  it('points at its own command', () => {
    const run = instruction('RUN mkdir -p /a && \\\n    pip install six');
    const text = 'FROM scratch\nRUN mkdir -p /a && \\\n    pip install six\n';
    expect(classifyRun(run, () => undefined).map(({ span }) => text.slice(span.start, span.end))).toEqual(['mkdir -p /a', 'pip install six']);
  });
});

describe('package managers', () => {
  it.each([
    ['apt-get update', { verb: 'update-lists', packages: [] }],
    ['apt-get install -y --no-install-recommends ffmpeg curl', { verb: 'install', packages: ['ffmpeg', 'curl'], isMinimal: true }],
    ['DEBIAN_FRONTEND=noninteractive apt-get -qq -y install git', { verb: 'install', packages: ['git'], isMinimal: false }],
    ['yum -y install gcc', { manager: 'yum', verb: 'install', packages: ['gcc'] }],
    ['yum update -y', { verb: 'upgrade', packages: [] }],
    ['dnf install -y --setopt=install_weak_deps=False tar', { verb: 'install', packages: ['tar'], isMinimal: true }],
    ['microdnf clean all', { verb: 'clean', packages: [] }],
    ['apk add --no-cache --virtual build gcc', { verb: 'install', packages: ['gcc'] }],
    ['apt-get purge -y git', { verb: 'remove', packages: ['git'] }],
  ])('%s', (run, expected) => {
    expect(only(run)).toMatchObject({ kind: 'os-packages', ...expected });
  });

  it('with an unknown flag or verb are opaque', () => {
    expect(reason('apt-get --frob install x')).toBe('apt-get has the flag --frob, which is not understood');
    expect(reason('yum history')).toBe('yum history is not understood');
    expect(reason('uv sync --frozen --no-dev')).toBe('uv sync makes a virtual environment of links to the base image, which only Docker can put together');
    expect(reason('poetry install --only main --no-root')).toBe('poetry install runs in the base image, together with poetry itself');
  });
});

describe('downloads and archives', () => {
  const url = 'https://example.com/dir/ffmpeg-release-amd64-static.tar.xz';

  it.each([
    [`curl -O ${url}`, 'ffmpeg-release-amd64-static.tar.xz'],
    [`curl -fsSL ${url} -o /tmp/f.tar.xz`, '/tmp/f.tar.xz'],
    [`curl -fsSLo f.tar.xz ${url}`, 'f.tar.xz'],
    [`curl ${url} > out`, 'out'],
    [`wget ${url}?x=1`, 'ffmpeg-release-amd64-static.tar.xz'],
    [`wget -q -O f ${url}`, 'f'],
    [`wget -qO- ${url}`, '-'],
    [`wget -P /tmp ${url}`, '/tmp/ffmpeg-release-amd64-static.tar.xz'],
  ])('%s', (run, output) => {
    expect(only(run)).toMatchObject({ kind: 'download', output });
  });

  it('may feed an unpacking through a pipe', () => {
    expect(effects(`curl -L ${url} | tar xJ --strip-components=1 -C /opt`)).toMatchObject([
      { kind: 'download', url, output: '-' },
      { kind: 'archive', tool: 'tar', archive: '-', into: '/opt', stripComponents: 1 },
    ]);
    expect(effects(`curl -L ${url} | sh`).map((effect) => effect.kind)).toEqual(['download', 'opaque']);
  });

  it.each([
    ['tar xf a.tar.xz', { archive: 'a.tar.xz', into: undefined, members: [] }],
    ['tar -xvJf a.tar.xz -C /opt --strip-components 1 x/ffmpeg', { archive: 'a.tar.xz', into: '/opt', members: ['x/ffmpeg'], stripComponents: 1 }],
    ['unzip -q a.zip -d out', { tool: 'unzip', archive: 'a.zip', into: 'out' }],
  ])('%s', (run, expected) => {
    expect(only(run)).toMatchObject({ kind: 'archive', ...expected });
  });

  it('are opaque where they cannot be followed', () => {
    expect(reason('tar czf a.tgz dir')).toBe('tar has the flag -c in -czf, which is not understood');
    expect(reason(`curl -H "A: b" ${url}`)).toBe('curl has the flag -H, which is not understood');
    expect(reason('curl a b')).toBe('curl fetches 2 addresses at once');
  });
});

describe('file operations', () => {
  it.each([
    ['mkdir -p a/b /c', { operation: 'mkdir', paths: ['a/b', '/c'], parents: true }],
    ['mkdir -m 0700 a', { operation: 'mkdir', mode: '0700' }],
    ['chmod -R 755 /opt', { operation: 'chmod', mode: '755', paths: ['/opt'], recursive: true }],
    ['chmod +x a b', { operation: 'chmod', mode: '+x', paths: ['a', 'b'] }],
    ['chmod -x a', { operation: 'chmod', mode: '-x', paths: ['a'] }],
    ['chown app:app /srv', { operation: 'chown', owner: 'app:app', paths: ['/srv'] }],
    ['rm -rf /tmp/x', { operation: 'rm', paths: ['/tmp/x'], recursive: true, force: true, hasPattern: false }],
    ['rm -rf /var/lib/apt/lists/*', { operation: 'rm', paths: ['/var/lib/apt/lists/*'], hasPattern: true }],
    ['cp -r a b/ /dest', { operation: 'cp', paths: ['a', 'b/'], destination: '/dest', recursive: true }],
    ['mv ffmpeg-*-static/ffmpeg /usr/local/bin/', { operation: 'mv', destination: '/usr/local/bin/', hasPattern: true }],
    ['ln -sf /opt/x /usr/bin/x', { operation: 'ln', symbolic: true, force: true, paths: ['/opt/x'], destination: '/usr/bin/x' }],
    ['touch a', { operation: 'touch', paths: ['a'] }],
    ['install -m 755 a /usr/bin/a', { operation: 'install', mode: '755', paths: ['a'], destination: '/usr/bin/a' }],
    ['install -d /a', { operation: 'mkdir', paths: ['/a'], parents: true }],
    ['cp -t /dest a b', { operation: 'cp', paths: ['a', 'b'], destination: '/dest/' }],
  ])('%s', (run, expected) => {
    expect(only(run)).toMatchObject({ kind: 'file-operation', ...expected });
  });

  it('that depend on what is there are opaque', () => {
    expect(reason('cp -n a b')).toBe('cp is told to leave some files alone, which is not understood');
    expect(reason('mv a')).toBe('mv names too few paths');
    expect(reason('rm --preserve-root x')).toBe('rm has the flag --preserve-root, which is not understood');
  });
});

describe('the rest', () => {
  it.each(['echo hello', 'true', ':', 'set -eux', 'cd /tmp', 'python --version', 'pip list', 'export A=b', 'A=b', 'pip cache purge', 'ffmpeg -version'])('%s leaves no trace', (run) => {
    expect(effects(run).map((effect) => effect.kind)).toEqual(['no-operation']);
  });

  it.each([
    ['python train.py', 'python is not understood'],
    ['if true; then pip install six; fi', /./u],
    ['pip install six || true', /./u],
    ['(cd x && pip install six)', /./u],
    ['sleep 1 &', /./u],
    ['ldconfig', 'ldconfig is not understood'],
    ['echo x > /etc/motd', 'echo writes to /etc/motd'],
    ['for f in a b; do rm $f; done', /./u],
  ])('%s is opaque', (run, expected) => {
    const found = effects(run).filter((effect) => effect.kind === 'opaque');
    expect(found.length).toBeGreaterThan(0);
    expect(effects(run).some((effect) => effect.kind === 'pip-install' || effect.kind === 'file-operation')).toBe(false);
    if (typeof expected === 'string') expect(found[0]).toMatchObject({ reason: expected });
  });

  it('a value that is empty disappears, as in the shell', () => {
    expect(only('pip install $EMPTY six')).toMatchObject({ requirements: ['six'] });
    expect(only('pip install "$NAME==1"')).toMatchObject({ requirements: ['x==1'] });
  });
});

it('mounts are read with their keys', () => {
  const run = instruction('RUN --mount=type=cache,target=/root/.cache/pip --mount=type=bind,source=requirements.txt,dst=/r.txt pip install -r /r.txt');
  expect(mountsOf(run)).toMatchObject([
    { type: 'cache', target: '/root/.cache/pip', source: undefined },
    { type: 'bind', target: '/r.txt', source: 'requirements.txt' },
  ]);
});

describe('here-documents', () => {
  it('are read line by line', () => {
    expect(effects('<<EOF\nmkdir -p /a\npip install six\nEOF').map((effect) => effect.kind)).toEqual(['file-operation', 'pip-install']);
  });

  it('for another interpreter are opaque', () => {
    expect(effects('<<EOF\n#!/usr/bin/env python\nprint(1)\nEOF').map((effect) => effect.kind)).toEqual(['opaque']);
    expect(effects('python <<EOF\nprint(1)\nEOF').map((effect) => effect.kind)).toEqual(['opaque']);
  });
});
