import { existsSync } from 'node:fs';
import { cp, link, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { BuildReport, FunctionReport } from '../build/report.ts';
import { readPlanState } from '../build/state.ts';
import type { BuildOptions } from './build.ts';
import { firstDifference, type BuiltFolder } from './first-difference.ts';

/** What a second build is made with. */
export interface ReproduceRequest {
  readonly options: BuildOptions;
  /** Of the build that is checked. */
  readonly report: BuildReport;
  /** Absolute path of shear's own program. */
  readonly program: string;
}

/** All that differs from the first build and must make no difference to its bytes. */
const otherWorld: Readonly<Record<string, string>> = { TZ: 'Pacific/Kiritimati', LC_ALL: 'C', LANG: 'tr_TR.UTF-8', PYTHONHASHSEED: '7', USER: 'somebody', LOGNAME: 'somebody' };

/**
 * Builds once more: in a copy of the project under another path, with new times on every file, another umask, time zone, locale,
 * hash seed and user, and a store that has what was downloaded but nothing that was made. Fails with
 * `build/not-reproducible`, naming the first byte that differs and whose it is, or as that build fails.
 * @returns the names of what came out the same.
 */
export async function reproduce(host: Host, { options, report, program }: ReproduceRequest): Promise<readonly string[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'shear-check-'));
  try {
    const project = await copyProject(options.folder, join(scratch, 'another', 'place'));
    await copyDownloads(host.cacheFolder, join(scratch, 'cache'));
    const second = await buildThere(host, { options, program, project, cache: join(scratch, 'cache') });
    const native = report.functions.filter((one) => one.engine === 'native');
    for (const one of native) await compare({ folder: options.folder, cache: host.cacheFolder, report: one }, { folder: project, cache: join(scratch, 'cache'), report: second.functions.find(({ name }) => name === one.name) });
    return native.map(({ name }) => name);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function compare(first: BuiltFolder, second: Omit<BuiltFolder, 'report'> & { readonly report: FunctionReport | undefined }): Promise<void> {
  const { folder, cache, report } = second;
  if (first.report.image?.digest === report?.image?.digest && first.report.zip?.sha256 === report?.zip?.sha256) return;
  const what = report ? await firstDifference(first, { folder, cache, report }) : 'the second build did not make it';
  throw failure('build/not-reproducible', `${first.report.name} came out differently the second time`, {
    why: what,
    next: 'if a makefile or a script of yours makes this file, make it the same each time; else report it as a defect of shear, with this text',
  });
}

/** The smallest folder that holds the project and all that it is built from, without what builds leave; the project in it. */
async function copyProject(folder: string, to: string): Promise<string> {
  const outside = (readPlanState(folder)?.plan.nodes ?? []).flatMap((node) => node.inputs.flatMap((input) => (input.kind === 'files' ? [input.files.folder] : [])));
  let root = folder;
  while (!outside.every((one) => one === root || one.startsWith(root + sep))) root = dirname(root);
  if (dirname(root) === root) throw failure('project/unsupported', 'the project takes files from all over the disk, which cannot be built elsewhere', { next: 'build without --check' });
  await mkdir(dirname(to), { recursive: true });
  const left = new Set(['.git', '.aws-sam']);
  await cp(root, to, { recursive: true, verbatimSymlinks: true, filter: (path) => !relative(root, path).split(sep).some((part) => left.has(part)) });
  return resolve(to, relative(root, folder));
}

/** Blobs by digest, and tools; no record of any step, so that every step is carried out again. */
async function copyDownloads(cache: string, to: string): Promise<void> {
  const blobs = join('store', 'blobs', 'sha256');
  await mkdir(join(to, blobs), { recursive: true });
  for (const name of await readdir(join(cache, blobs)).catch(() => [])) {
    const [from, copy] = [join(cache, blobs, name), join(to, blobs, name)];
    await link(from, copy).catch(async () => await cp(from, copy));
  }
  if (existsSync(join(cache, 'tools'))) await symlink(join(cache, 'tools'), join(to, 'tools'));
}

async function buildThere(host: Host, { options, program, project, cache }: { readonly options: BuildOptions; readonly program: string; readonly project: string; readonly cache: string }): Promise<BuildReport> {
  const overrides = Object.entries(options.parameterOverrides).flatMap(([name, value]) => ['--parameter-overrides', `${name}=${value}`]);
  const args = [program, 'build', ...options.only, '--json', '--project', project, '--profile', options.profile, ...(options.template === undefined ? [] : ['--template', options.template]), ...overrides];
  const env = { ...otherWorld, SHEAR_CACHE: cache };
  const isPosix = host.os !== 'win32';
  // The umask is the process's own: a shell sets it for the child. Its text is fixed; what varies are arguments.
  const result = isPosix ? await host.run('sh', ['-c', 'umask 077 && exec "$0" "$@"', process.execPath, ...args], { cwd: project, env }) : await host.run(process.execPath, args, { cwd: project, env });
  if (result.code !== 0) throw failure('build/failed', 'the second build failed where the first did not', { why: result.stderr.trim().split('\n').slice(-12).join('\n'), next: 'see what it depends on besides its inputs' });
  return JSON.parse(result.stdout) as BuildReport;
}
