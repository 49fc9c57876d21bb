import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../base/fault.ts';
import type { Step } from '../../graph/run.ts';
import { findTool, runTool } from '../../tools/find-tool.ts';
import { failedProgram } from './failed-program.ts';
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
      if (result.code !== 0) throw failedProgram('sam', `sam build ${fullPath}`, { fullPath, result, projectFolder });
      return await zipFolder(join(scratch, 'project', 'build', fullPath), store);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  };
}
