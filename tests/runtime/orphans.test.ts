import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openCpuShare } from '../../src/runtime/cpu-share.ts';
import { processesOf } from '../../src/runtime/process-tree.ts';
import { backends, pythonFunction, temporaryFolder, writeFiles } from './rig.ts';

const source = `import os, subprocess, sys
def handler(event, context):
    if os.fork() == 0:
        os.setsid()
        import time
        time.sleep(600)
    print("READY " + os.environ["AWS_LAMBDA_LOG_STREAM_NAME"], flush=True)
    import threading
    threading.Event().wait()
`;

describe.runIf(process.platform === 'linux').each(backends)('under %s', (backend) => {
  it('nothing is left of a function when shear is killed with SIGKILL', async () => {
    const request = { ...await pythonFunction(source, { backend, timeout: 600 }), limitsCpu: true };
    // A name of its own shows where the groups of this machine are made, if at all.
    const probe = openCpuShare(`probe-${process.pid}-${backend}`, 128);
    if ('remove' in probe) probe.remove();
    const rig = (path: string): string => JSON.stringify(pathToFileURL(join(import.meta.dirname, path)).href);
    const folder = writeFiles(await temporaryFolder(), {
      'main.mts': `
        import { startFunction } from ${rig('../../src/runtime/invoke.ts')};
        const run = async (program, args) => {
          const { spawnSync } = await import('node:child_process');
          const done = spawnSync(program, args, { encoding: 'utf8' });
          return { code: done.status ?? 1, stdout: done.stdout, stderr: done.stderr };
        };
        const host = { env: process.env, os: 'linux', arch: ${JSON.stringify(request.function.architecture)}, now: Date.now, run, cacheFolder: import.meta.dirname };
        const runner = await startFunction(host, { ...${JSON.stringify(request)}, onLog: (chunk) => process.stdout.write(chunk) });
        await runner.environment.invoke(Buffer.from('{}'));
      `,
    });
    const tsx = join(import.meta.dirname, '../../node_modules/tsx/dist/loader.mjs');
    const shear = spawn(process.execPath, ['--import', pathToFileURL(tsx).href, join(folder, 'main.mts')], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    for await (const chunk of shear.stdout) {
      output += String(chunk);
      if (output.includes('READY ') && output.endsWith('\n')) break;
    }
    const marker = /READY (\S+)/u.exec(output)?.[1] ?? '';
    expect(marker).not.toBe('');
    if ('folder' in probe) expect(existsSync(join(dirname(probe.folder), `shear-${marker.slice(-32)}`))).toBe(true);
    expect(processesOf([], marker).length).toBeGreaterThanOrEqual(2);
    shear.kill('SIGKILL');
    await once(shear, 'exit');
    await expect.poll(() => processesOf([], marker)).toEqual([]);
    if ('folder' in probe) await expect.poll(() => existsSync(join(dirname(probe.folder), `shear-${marker.slice(-32)}`))).toBe(false);
  });
});
