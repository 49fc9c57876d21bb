import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCpuShare } from '../../src/runtime/cpu-share.ts';
import { startFunction } from '../../src/runtime/invoke.ts';
import { backends, pythonFunction, temporaryFolder, testHost, writeFiles } from './rig.ts';

it('version 2: goes up to the nearest group that may have shares below it', async () => {
  const system = writeFiles(await temporaryFolder(), {
    'proc/self/cgroup': '0::/user.slice/app.slice/shell.scope\n',
    'sys/fs/cgroup/user.slice/app.slice/cgroup.subtree_control': 'cpu memory pids\n',
  });
  const share = openCpuShare('one', 1769, system);
  const folder = join(system, 'sys/fs/cgroup/user.slice/app.slice/shear-one');
  expect(share).toMatchObject({ folder });
  expect(readFileSync(join(folder, 'cpu.max'), 'utf8')).toBe('20000 20000');
});

it.each([[128, '1447'], [3538, '40000'], [64, '1000']])('version 1: %i MB are a quota of %s', async (memory, quota) => {
  const system = writeFiles(await temporaryFolder(), { 'proc/self/cgroup': '4:memory:/a\n1:cpu,cpuacct:/a\n' });
  const parent = join(system, 'sys/fs/cgroup/cpu,cpuacct/a');
  mkdirSync(parent, { recursive: true });
  expect(openCpuShare('one', memory, system)).toMatchObject({ folder: join(parent, 'shear-one') });
  expect(readFileSync(join(parent, 'shear-one/cpu.cfs_quota_us'), 'utf8')).toBe(quota);
});

it('says why there is none', async () => {
  const folder = await temporaryFolder();
  expect(openCpuShare('one', 128, folder)).toEqual({ why: 'this system has no control groups' });
  writeFiles(folder, { 'proc/self/cgroup': '0::/\n' });
  expect(openCpuShare('one', 128, folder)).toEqual({ why: 'no control group with the processor in it may be written by this user' });
});

const source = `import os, time
def handler(event, context):
    start, used = time.monotonic(), time.process_time()
    while time.monotonic() - start < 0.5: pass
    return {"share": time.process_time() - used, "groups": open("/proc/self/cgroup").read()}
`;
const own = openCpuShare(`probe-${process.pid}`, 128);
if ('remove' in own) own.remove();

it.skipIf('why' in own).each(backends)('a function under %s runs in a group of its own, which goes with it', async (backend) => {
  const request = await pythonFunction(source, { backend, memory: 177, environment: {} });
  const { environment, remarks } = await startFunction(testHost(), { ...request, limitsCpu: true });
  const outcome = await environment.invoke(Buffer.from('{}'));
  const { share, groups } = JSON.parse(Buffer.from(outcome.payload).toString()) as { readonly share: number; readonly groups: string };
  const name = /shear-[0-9a-f]{32}/u.exec(groups)?.[0] ?? '';
  expect(name).not.toBe('');
  // Half a second of a tenth of a processor, and one period; never as much as the loop would take.
  expect(share).toBeLessThan(0.25);
  expect(remarks.join()).not.toContain('throttled');
  await environment.stop();
  const folder = 'folder' in own ? own.folder.replace(/shear-probe.*$/u, name) : '';
  await expect.poll(() => existsSync(folder)).toBe(false);
});
