import { cp, mkdtemp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Step } from '../../graph/run.ts';
import { failedProgram } from './failed-program.ts';
import { zipFolder } from './zip-folder.ts';
import type { StepContext } from './step-table.ts';

/** Parameters of a makefile build. */
export interface MakeParams {
  readonly logicalId: string;
  /** Absolute. */
  readonly folder: string;
}

/**
 * Runs `make build-<LogicalId>` in a copy of the folder with ARTIFACTS_DIR set, as sam's makefile workflow does
 * (SAM developer guide, "Building custom runtimes"), and zips what it leaves.
 */
export function makeStep({ host, store, projectFolder }: StepContext): Step['run'] {
  return async ({ node }) => {
    const { logicalId, folder } = node.params as unknown as MakeParams;
    store.prepare();
    const scratch = await mkdtemp(join(store.folder, 'tmp', 'make-'));
    try {
      const [source, artifacts] = [join(scratch, 'source'), join(scratch, 'artifacts')];
      await cp(folder, source, { recursive: true, filter: (path) => !/\/(?:\.git|\.aws-sam)$/u.test(path) });
      await mkdir(artifacts);
      const result = await host.run('make', [`build-${logicalId}`], { cwd: source, env: { ARTIFACTS_DIR: artifacts } });
      if (result.code !== 0) throw failedProgram('make', `make build-${logicalId}`, { fullPath: logicalId, result, projectFolder });
      return await zipFolder(artifacts, store);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  };
}
