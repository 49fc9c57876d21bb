import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../../src/base/fault.ts';
import type { Host } from '../../src/base/host.ts';
import type { Python } from '../../src/tools/find-python.ts';
import { provideTool } from '../../src/tools/provide-tool.ts';

/** A handler run as it stands in its project, without image or zip. */
export interface PlainRun {
  /** The project's folder, which has app.py and requirements.txt. */
  readonly project: string;
  readonly event: string;
  readonly env: Readonly<Record<string, string>>;
  /** An empty folder's path, for the environment. */
  readonly scratch: string;
}

const driver = `
import json, sys
sys.path.insert(0, sys.argv[1])
import app
print("\\n" + json.dumps(app.handler(json.load(open(sys.argv[2])), None)))
`;

/** Installs what the project's own requirements.txt asks for today, with a static ffmpeg, and calls `app.handler` in a process. */
export async function runPlainly(host: Host, python: Python, { project, event, env, scratch }: PlainRun): Promise<unknown> {
  const uv = await provideTool(host, 'uv');
  const install = async (target: string, args: readonly string[]): Promise<void> => {
    const base = ['pip', 'install', '--quiet', '--python', python.path, '--target', target];
    const { code, stderr } = await host.run(uv.path, [...uv.args, ...base, ...args], { env: { ...uv.env, UV_PYTHON_DOWNLOADS: 'never' } });
    if (code !== 0) throw failure('tool/failed', `installing ${args.join(' ')} failed`, { why: stderr.trim() });
  };
  await install(join(scratch, 'packages'), ['-r', join(project, 'requirements.txt')]);
  const ffmpeg = await staticFfmpeg(scratch, (args) => install(join(scratch, 'ffmpeg'), args));
  writeFileSync(join(scratch, 'driver.py'), driver);
  const path = `${ffmpeg}:${host.env['PATH'] ?? ''}`;
  const { code, stdout, stderr } = await host.run(python.path, [join(scratch, 'driver.py'), project, event], {
    env: { ...env, PATH: path, PYTHONPATH: join(scratch, 'packages'), PYTHONDONTWRITEBYTECODE: '1' },
  });
  if (code !== 0) throw failure('runtime/failed', 'the handler failed as a plain process', { why: stderr.trim() });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null');
}

async function staticFfmpeg(scratch: string, install: (args: readonly string[]) => Promise<void>): Promise<string> {
  await install(['--no-deps', 'imageio-ffmpeg==0.6.0']);
  const binaries = join(scratch, 'ffmpeg', 'imageio_ffmpeg', 'binaries');
  const name = readdirSync(binaries).find((one) => one.startsWith('ffmpeg-'));
  const folder = join(scratch, 'bin');
  mkdirSync(folder, { recursive: true });
  if (name !== undefined && !existsSync(join(folder, 'ffmpeg'))) symlinkSync(join(binaries, name), join(folder, 'ffmpeg'));
  return folder;
}

/** Reads a JSON file. */
export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
