import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { shear, timed } from '../../scripts/scenario/shear-cli.ts';
import { repository } from '../../scripts/script-host.ts';
import { buildExample, hasProgram, isBuilt, sharedCache, type BuiltFunction } from './built-project.ts';

describe.runIf(isBuilt)('two builds of the same project', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shear-digests-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(['transcribe', 'transcribe-zip'])('%s: in other folders, caches, umasks, time zones, locales and at another time give the same bytes', async (example) => {
    const first = await buildExample({ example, folder: join(folder, example, 'a') });
    const there = join(folder, example, 'somewhere', 'else');
    await timed('cp', ['-r', first.folder, `${folder}/copy-of-${example}`], { cwd: folder });
    await timed('mkdir', ['-p', join(folder, example, 'somewhere')], { cwd: folder });
    await timed('mv', [`${folder}/copy-of-${example}`, there], { cwd: folder });
    rmSync(join(there, '.aws-sam'), { recursive: true, force: true });
    const mirrors = first.base.kind === 'stand-in' ? { SHEAR_REGISTRY_MIRRORS: first.base.mirrors } : {};
    const env = { ...mirrors, SHEAR_CACHE: join(folder, example, 'cache-b'), TZ: 'Pacific/Kiritimati', LC_ALL: 'C', PYTHONHASHSEED: '7' };
    const clock = (await hasProgram('faketime')) ? 'faketime "2031-05-06 07:08:09"' : '';
    const script = `umask 077 && find . -type f -exec touch {} + && exec ${clock} "$0" "$@"`;
    const second = await timed('sh', ['-c', script, process.execPath, join(repository, 'dist', 'shear.cjs'), 'build', '--json'], { cwd: there, env });
    expect(second.code, second.stderr).toBe(0);
    const { functions }: { functions: readonly BuiltFunction[] } = JSON.parse(second.stdout);
    expect(functions[0]?.image?.digest).toBe(first.built.image?.digest);
    expect(functions[0]?.zip?.sha256).toBe(first.built.zip?.sha256);
    expect(functions[0]?.image?.digest ?? functions[0]?.zip?.sha256).toMatch(/[0-9a-f]{64}/u);
  });

  it('a build with nothing changed says so', async () => {
    const project = await buildExample({ example: 'transcribe', folder: join(folder, 'again') });
    const mirrors = project.base.kind === 'stand-in' ? { SHEAR_REGISTRY_MIRRORS: project.base.mirrors } : {};
    const { stdout, code } = await shear(['build', '--json'], { cwd: project.folder, env: { ...mirrors, SHEAR_CACHE: sharedCache } });
    const { functions }: { functions: readonly (BuiltFunction & { readonly cached: boolean })[] } = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(functions.map((one) => one.cached)).toEqual([true]);
  });
});
