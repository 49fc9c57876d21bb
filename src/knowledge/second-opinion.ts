import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { codeView, modulesOf, requirementsOf, servedFolders } from '../rules/dependency-use.ts';
import type { RequirementsUse } from '../rules/requirements-use.ts';
import type { RuleContext } from '../rules/rule.ts';
import { normalizedProjectName } from '../syntax/requirements.ts';
import { runTool } from '../tools/find-tool.ts';
import { provideTool } from '../tools/provide-tool.ts';

/** True where a requirement seems unused to shear, so that another opinion is worth having. */
export function hasUnimported(use: RequirementsUse, context: RuleContext): boolean {
  const { imported, sources } = codeView(use, context);
  return sources.length > 0 && requirementsOf(use).some((line) => modulesOf(line.normalizedName, context)?.some((module) => imported.has(module)) === false);
}

/**
 * The requirements (normalised names) that deptry takes for unused, with the modules of each package as its wheel has them.
 * Fails with `tool/missing`, `network/unreachable`, and `tool/failed` when deptry's answer cannot be read.
 */
export async function unusedByDeptry(host: Host, use: RequirementsUse, context: RuleContext): Promise<ReadonlySet<string>> {
  const deptry = await provideTool(host, 'deptry');
  const folder = await mkdtemp(join(tmpdir(), 'shear-deptry-'));
  try {
    const manifest = join(folder, 'requirements.txt');
    const output = join(folder, 'found.json');
    const lines = requirementsOf(use);
    await writeFile(manifest, lines.map((line) => `${line.normalizedName}\n`).join(''));
    const map = lines.flatMap((line) => {
      const modules = modulesOf(line.normalizedName, context);
      return modules && modules.length > 0 ? [`${line.normalizedName}=${modules.join('|')}`] : [];
    });
    const args = [...servedFolders(use, context), '--requirements-files', manifest, '--json-output', output, '--no-ansi', '--ignore', 'DEP001,DEP003,DEP004,DEP005'];
    // Run where no pyproject.toml of the user's sets it up.
    await runTool(host, deptry, [...args, ...(map.length > 0 ? ['--package-module-name-map', map.join(',')] : [])], { cwd: folder });
    return unusedIn(await readFile(output, 'utf8').catch(() => ''));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Names of DEP002 in deptry's JSON. */
function unusedIn(text: string): ReadonlySet<string> {
  const found: unknown = text === '' ? undefined : JSON.parse(text);
  if (!Array.isArray(found)) throw failure('tool/failed', 'deptry gave no answer that can be read', { next: 'run `deptry` by hand' });
  return new Set(found.flatMap((one: unknown) => (isUnused(one) ? [normalizedProjectName(one.module)] : [])));
}

function isUnused(one: unknown): one is { readonly module: string } {
  if (typeof one !== 'object' || one === null || !('module' in one) || !('error' in one)) return false;
  const { error, module } = one;
  return typeof module === 'string' && typeof error === 'object' && error !== null && 'code' in error && error.code === 'DEP002';
}
