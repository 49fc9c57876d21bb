import { describe, expect, it } from 'vitest';
import { factsOfBase } from '../../../src/build/frontend/base-facts.ts';
import { interpretDockerfile, type Interpretation } from '../../../src/build/frontend/interpret.ts';
import { movedPath } from '../../../src/build/frontend/moves.ts';
import { parseDockerfile } from '../../../src/syntax/dockerfile.ts';

const lambdaConfig = {
  env: ['PATH=/var/lang/bin:/usr/local/bin:/usr/bin:/bin', 'LAMBDA_TASK_ROOT=/var/task', 'LAMBDA_RUNTIME_DIR=/var/runtime'],
  workingDir: '/var/task',
  cmd: undefined,
};
const contextFiles: Readonly<Record<string, 'file' | 'folder'>> = { 'app.py': 'file', 'requirements.txt': 'file', 'src': 'folder', 'src/requirements.txt': 'file' };

async function interpret(text: string, buildArgs: Readonly<Record<string, string>> = {}): Promise<Interpretation> {
  const parsed = parseDockerfile({ path: 'Dockerfile', text });
  if (!parsed.ok) throw new Error(parsed.error[0]?.what);
  return await interpretDockerfile({
    dockerfile: parsed.value, context: '/project', target: undefined, buildArgs, architecture: 'x86_64',
    factsOf: async (reference) => factsOfBase(reference, reference.includes('lambda') ? lambdaConfig : { env: ['PYTHON_VERSION=3.12.1', 'PATH=/usr/local/bin'], workingDir: '', cmd: ['python3'] }),
    kindInContext: (path) => contextFiles[path] ?? 'absent',
  });
}

const lambda = 'FROM public.ecr.aws/lambda/python:3.12\n';

describe('a Dockerfile for the native engine', () => {
  it("takes AWS's own idiom: files into the task root, pip into it, a handler", async () => {
    const { stage, unsupported } = await interpret(`${lambda}COPY requirements.txt \${LAMBDA_TASK_ROOT}\nRUN pip install -r requirements.txt --target "\${LAMBDA_TASK_ROOT}"\nCOPY app.py \${LAMBDA_TASK_ROOT}\nCMD ["app.handler"]\n`);
    expect(unsupported).toEqual([]);
    expect(stage.contributions).toMatchObject([
      { kind: 'copy', sources: [{ path: 'requirements.txt' }], destination: '/var/task', intoFolder: true },
      { kind: 'python', manifests: ['/project/requirements.txt'], install: { kind: 'target', path: '/var/task' } },
      { kind: 'copy', sources: [{ path: 'app.py' }], destination: '/var/task', intoFolder: true },
    ]);
    expect(stage.changes.cmd).toEqual(['app.handler']);
  });

  it('takes packages of an earlier stage along, to where they are copied', async () => {
    const { stage, unsupported } = await interpret(
      'FROM python:3.12 AS build\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt --prefix /deps\nFROM python:3.12\nCOPY --from=build /deps /usr/local\n',
    );
    expect(unsupported).toEqual([]);
    const python = stage.contributions.find((one) => one.kind === 'python');
    expect(python?.moves).toEqual([{ from: '/deps', to: '/usr/local', intoFolder: true }]);
  });

  it('resolves ARG in FROM, build arguments over defaults', async () => {
    const text = 'ARG BASE=public.ecr.aws/lambda/python:3.11\nFROM ${BASE}\n';
    expect((await interpret(text)).stage.base).toMatchObject({ reference: 'public.ecr.aws/lambda/python:3.11' });
    expect((await interpret(text, { BASE: 'python:3.13' })).stage.base).toMatchObject({ reference: 'python:3.13' });
  });

  it("drops the base's CMD when ENTRYPOINT is set, and keeps one of its own", async () => {
    expect((await interpret('FROM python:3.12\nENTRYPOINT ["a"]\n')).stage.changes.cmd).toBeNull();
    expect((await interpret('FROM python:3.12\nCMD ["b"]\nENTRYPOINT ["a"]\n')).stage.changes.cmd).toEqual(['b']);
  });

  it('reads a shell-form CMD with the shell', async () => {
    expect((await interpret('FROM python:3.12\nCMD run me\n')).stage.changes.cmd).toEqual(['/bin/sh', '-c', 'run me']);
  });

  it('leaves a stage that nothing needs unread', async () => {
    const { unsupported } = await interpret('FROM python:3.12 AS unused\nRUN make world\nFROM python:3.12\nCMD ["a"]\n');
    expect(unsupported).toEqual([]);
  });

  it.each([
    ['RUN dnf install -y gcc', 'dnf installs gcc needs the base image to run'],
    ['RUN curl -o x https://example.com/x', 'curl downloads a file'],
    ['ADD https://example.com/x /x', 'it downloads https://example.com/x'],
    ['ADD data.tar.gz /data', 'it unpacks the archive data.tar.gz'],
    ['COPY --from=ghcr.io/a/b:1 /x /y', 'it copies from the image ghcr.io/a/b:1'],
    ['COPY app.py /somewhere/else', 'whether /somewhere/else is a folder in the base image decides where app.py goes; end it with a slash'],
    ['RUN pip install -r missing.txt', 'no COPY before it brings missing.txt from the build context'],
    ['HEALTHCHECK CMD true', 'HEALTHCHECK is not read by the native engine'],
    ['COPY --chown=app app.py ./', '--chown=app names an owner that only the base image can resolve'],
  ])('leaves %s to BuildKit and says why', async (line, reason) => {
    const { unsupported } = await interpret(`${lambda}${line}\n`);
    expect(unsupported.map((one) => one.reason)).toEqual([reason]);
    expect(unsupported[0]?.place).toMatchObject({ file: 'Dockerfile', line: 2, column: 1 });
  });

  it('takes nothing of a RUN line that it understands only in part', async () => {
    const { stage, unsupported } = await interpret(`${lambda}COPY requirements.txt ./\nRUN pip install -r requirements.txt && ./setup.sh\n`);
    expect(unsupported).toHaveLength(1);
    expect(stage.contributions.map((one) => one.kind)).toEqual(['copy']);
  });

  it("skips what serves the build alone", async () => {
    const { unsupported, verdicts } = await interpret(`${lambda}RUN pip install --upgrade pip\nRUN echo hello\n`);
    expect(unsupported).toEqual([]);
    expect(verdicts.slice(1).map((one) => one.engine)).toEqual(['skipped', 'skipped']);
  });
});

describe('a path that COPY --from takes along', () => {
  it.each([
    ['/deps/bin/x', [{ from: '/deps', to: '/usr/local', intoFolder: true }], '/usr/local/bin/x'],
    ['/bin/tool', [{ from: '/bin/tool', to: '/opt', intoFolder: true }], '/opt/tool'],
    ['/bin/tool', [{ from: '/bin/tool', to: '/opt/other', intoFolder: false }], '/opt/other'],
    ['/elsewhere', [{ from: '/deps', to: '/usr/local', intoFolder: true }], undefined],
    ['/a/x', [{ from: '/a', to: '/b', intoFolder: true }, { from: '/b', to: '/c', intoFolder: true }], '/c/x'],
  ])('%s', (path, moves, expected) => {
    expect(movedPath(path, moves)).toBe(expected);
  });
});
