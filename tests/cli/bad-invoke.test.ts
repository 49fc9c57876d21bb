import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPython } from '../../src/tools/find-python.ts';
import { testHost } from '../support/host.ts';

const bin = join(import.meta.dirname, '..', '..', 'dist', 'shear.cjs');
const python = await findPython(testHost({ env: process.env }), { major: 3, minor: 12 });
if (!python) console.warn('tests of failing functions are skipped: there is no Python 3.12');
const folder = mkdtempSync(join(tmpdir(), 'shear-bad-invoke-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fn = (name: string, handler: string): string => `  ${name}: { Type: AWS::Serverless::Function, Properties: { Handler: ${handler} } }\n`;
const files: Readonly<Record<string, string>> = {
  'template.yaml': `Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Runtime: python3.12, CodeUri: code, Timeout: 1 } }
Resources:
${fn('Good', 'app.good')}${fn('NoModule', 'gone.handler')}${fn('NoName', 'app.gone')}${fn('Raises', 'app.raises')}${fn('Slow', 'app.slow')}${fn('Exits', 'app.exits')}  NoHandler: { Type: AWS::Serverless::Function, Properties: {} }
  Inline: { Type: AWS::Serverless::Function, Properties: { Handler: index.handler, CodeUri: null, InlineCode: "x" } }
  Node: { Type: AWS::Serverless::Function, Properties: { Handler: index.handler, Runtime: nodejs20.x, Timeout: 10 } }
`,
  'code/app.py': 'import os, time\ndef good(event, context): return {"got": event}\ndef raises(event, context): raise ValueError("no good")\ndef slow(event, context): time.sleep(60)\ndef exits(event, context): os._exit(7)\n',
  'code/index.js': 'exports.handler = async (event) => ({ node: event });\n',
  'bad.json': '{\n  "a": 1,\n}\n', 'empty.json': '', 'good.json': '{"a":1}',
};

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function invoke(args: readonly string[], input = ''): Ended {
  const env = { PATH: process.env['PATH'], HOME: folder, SHEAR_CACHE: join(folder, '.cache') };
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'invoke', '--backend', 'process', ...args], { cwd: folder, env, input, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

describe.runIf(existsSync(bin) && python !== undefined)('shear invoke', () => {
  beforeAll(() => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  });

  it.each<readonly [string, readonly string[], number, RegExp]>([
    ['of what has not been built', ['Good', '--no-build'], 3, /^error: Good has not been built\n {2}at template\.yaml:4:3\n {2}next: run `shear build Good`/u],
    ['without a name', [], 2, /^error: which function is not said\n {2}next: name one of Good, NoModule/u],
    ['of an unknown function', ['Nobody'], 2, /^error: the template has no function Nobody\n/u],
    ['with broken JSON', ['Good', '-e', 'bad.json'], 2, /^error: the event in bad\.json is not JSON\n {2}at bad\.json:3:1\n/u],
    ['with an empty event', ['Good', '-e', 'empty.json'], 2, /^error: empty\.json is empty, and an event is JSON\n {2}at empty\.json:1:1\n/u],
    ['with an event that is not there', ['Good', '-e', 'gone.json'], 2, /^error: the event file gone\.json cannot be read\n {2}it is not there\n {2}next: give a JSON file/u],
    ['with a folder as event', ['Good', '-e', 'code'], 2, /it is a folder/u],
    ['without a Handler', ['NoHandler'], 2, /^error: NoHandler has no Handler\n {2}at template\.yaml:10:3\n/u],
    ['of inline code', ['Inline'], 3, /^error: Inline is not built by this project\n {2}at template\.yaml:11:3\n/u],
    ['on an unknown backend', ['Good', '--backend', 'magic'], 2, /^error: there is no backend magic\n/u],
  ])('%s is refused before anything is built', (_, args, code, err) => {
    const ended = invoke(args);
    expect({ code: ended.code, out: ended.out, err: ended.err }).toEqual({ code, out: '', err: expect.stringMatching(err) as string });
    expect(existsSync(join(folder, '.aws-sam'))).toBe(false);
  });

  it.each<readonly [string, string, string, RegExp]>([
    ['cannot be imported', 'NoModule', 'Runtime.ImportModuleError', /^(?:shear\.lock written: .*\n)?\[ERROR\] Runtime\.ImportModuleError: Unable to import module 'gone': No module named 'gone'\n/u],
    ['is not in its module', 'NoName', 'Runtime.HandlerNotFound', /Handler 'gone' missing on module 'app'/u],
    ['raises', 'Raises', 'ValueError', /\[ERROR\] ValueError: no good\nTraceback \(most recent call last\):\n\s+File /u],
    ['takes too long', 'Slow', 'Sandbox.Timedout', /Task timed out after 1\.00 seconds/u],
    ['ends its process', 'Exits', 'Runtime.ExitError', /Runtime exited with error: exit status 7/u],
  ])('ends with 3 when the handler %s', (_, name, errorType, log) => {
    const { code, out, err } = invoke([name]);
    expect({ code, errorType: (JSON.parse(out) as { errorType: string }).errorType, err }).toEqual({ code: 3, errorType, err: expect.stringMatching(log) as string });
    expect(err).not.toContain('\r');
  });

  it('builds the one function that it runs, and leaves the templates of the last build alone', () => {
    const part = join(folder, 'part');
    const at = (path: string): string => join(part, path);
    mkdirSync(at('code'), { recursive: true });
    writeFileSync(at('code/app.py'), 'def good(event, context): return {"got": event}\n');
    const whole = `Transform: AWS::Serverless-2016-10-31\nResources:\n  Good: { Type: AWS::Serverless::Function, Properties: { Runtime: python3.12, CodeUri: code, Handler: app.good } }\n`;
    writeFileSync(at('template.yaml'), whole);
    const env = { PATH: process.env['PATH'], HOME: folder, SHEAR_CACHE: join(folder, '.cache') };
    const shear = (...args: readonly string[]): Ended => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { cwd: part, env, encoding: 'utf8' });
      return { code: status, out: stdout, err: stderr };
    };
    expect(shear('build', '-q').code).toBe(0);
    const built = readFileSync(at('.aws-sam/build/template.yaml'), 'utf8');
    writeFileSync(at('template.yaml'), `${whole}  Bad: { Type: AWS::Serverless::Function, Properties: { Runtime: python3.12, CodeUri: gone, Handler: app.good } }\n`);
    writeFileSync(at('code/app.py'), 'def good(event, context): return {"second": event}\n');
    expect(shear('build').err).toContain('gone');
    expect(shear('invoke', 'Good', '-q', '--backend', 'process')).toEqual({ code: 0, out: '{"second": {}}\n', err: '' });
    const sent = shear('event', 's3', 'put', '--invoke', 'Good', '--json');
    expect({ code: sent.code, hasAnswer: sent.out.includes('second') }).toEqual({ code: 0, hasAnswer: true });
    expect(readFileSync(at('.aws-sam/build/template.yaml'), 'utf8')).toBe(built);
    // What was built to be run is no build that sam could take.
    expect(shear('build', 'Good', '-q').code).toBe(0);
    expect(readFileSync(at('.aws-sam/build/template.yaml'), 'utf8')).not.toBe(built);
  });

  it('that is interrupted while it waits for a debugger ends with 130, and calls that no error of the function', async () => {
    const child = spawn(process.execPath, [bin, 'invoke', 'Node', '--backend', 'process', '--debug', '--debug-port', '0'], { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, SHEAR_CACHE: join(folder, '.cache') } });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
      if (!child.killed && err.includes('debugger at 127.0.0.1')) child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, out, isTold: err.endsWith('interrupted\n') }).toEqual({ code: 130, out: '', isTold: true });
  });

  it('takes the event from a file and from standard input', () => {
    expect(invoke(['Good', '-q', '-e', 'good.json'])).toEqual({ code: 0, out: '{"got": {"a": 1}}\n', err: '' });
    expect(invoke(['Good', '-q', '-e', '-'], '{"b":2}')).toEqual({ code: 0, out: '{"got": {"b": 2}}\n', err: '' });
    expect(invoke(['Good', '-e', '-']).err).toMatch(/^error: standard input is empty, and an event is JSON\n/u);
    expect(invoke(['Node', '-q', '-e', 'good.json'])).toEqual({ code: 0, out: '{"node":{"a":1}}\n', err: '' });
  });
});
