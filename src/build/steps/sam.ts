import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../base/fault.ts';
import type { ProcessResult } from '../../base/host.ts';
import { withoutSecrets } from '../../base/redact.ts';
import type { Step } from '../../graph/run.ts';
import { findTool, runTool } from '../../tools/find-tool.ts';
import { tellingLines } from '../telling-lines.ts';
import { zipFolder } from './zip-folder.ts';
import type { StepContext } from './step-table.ts';

/** Parameters of a build that is left to sam. */
export interface SamParams {
  /** As sam names it: `Nested/Fn`. */
  readonly fullPath: string;
  /** Absolute, of the root template. */
  readonly template: string;
  readonly parameterOverrides: readonly string[];
}

/** Has `sam build` build one function that shear has no step for (esbuild, Java, Go, …), and zips what it leaves. */
export function samStep({ host, store, projectFolder }: StepContext): Step['run'] {
  return async ({ node }) => {
    const { fullPath, template, parameterOverrides } = node.params as unknown as SamParams;
    const sam = await findTool(host, 'sam');
    if (!sam) throw failure('tool/missing', `${fullPath} needs sam, which is no longer on PATH`, { next: 'install the AWS SAM CLI' });
    store.prepare();
    const scratch = await mkdtemp(join(store.folder, 'tmp', 'sam-'));
    try {
      await mkdir(join(scratch, 'project'));
      const args = [
        'build', fullPath, '--template-file', template, '--base-dir', projectFolder, '--build-dir', join(scratch, 'project', 'build'),
        ...(parameterOverrides.length > 0 ? ['--parameter-overrides', ...parameterOverrides] : []),
      ];
      const result = await runTool(host, sam, args, { cwd: join(scratch, 'project'), env: { SAM_CLI_TELEMETRY: '0' } });
      if (result.code !== 0) throw failed(fullPath, result, projectFolder);
      return await zipFolder(join(scratch, 'project', 'build', fullPath), store);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  };
}

/** What sam and the tool that it started said of the cause, and where all of it is. */
function failed(fullPath: string, { code, stdout, stderr }: ProcessResult, projectFolder: string): Error {
  const log = keepLog(fullPath, [stdout, stderr].filter((text) => text.trim() !== '').join('\n'), projectFolder);
  // Some builders write their errors to standard output.
  const why = tellingLines(stderr, 12) ?? tellingLines(stdout, 12) ?? stderr.trim().split('\n').slice(-12).join('\n');
  return failure('build/failed', `sam build ${fullPath} ended with exit code ${code}`, { why, ...(log === undefined ? {} : { next: `all that sam said is in ${log}` }) });
}

/** Writes a failed build's output; undefined where it cannot be written, which must not hide the failure. */
function keepLog(fullPath: string, text: string, projectFolder: string): string | undefined {
  const folder = join(projectFolder, '.aws-sam', 'shear');
  const path = join(folder, `sam-${fullPath.replaceAll('/', '-')}.log`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, `${withoutSecrets(text).trimEnd()}\n`, { mode: 0o600 });
    return path;
  } catch {
    return undefined;
  }
}
