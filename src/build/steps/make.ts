import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { cp, mkdtemp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TreeEntry } from '../../base/tree.ts';
import { failure } from '../../base/fault.ts';
import type { Step } from '../../graph/run.ts';
import { sortEntries } from '../../oci/tar.ts';
import { writeZipTo } from '../../zip/archive.ts';
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
export function makeStep({ host, store }: StepContext): Step['run'] {
  return async ({ node }) => {
    const { logicalId, folder } = node.params as unknown as MakeParams;
    store.prepare();
    const scratch = await mkdtemp(join(store.folder, 'tmp', 'make-'));
    try {
      const [source, artifacts] = [join(scratch, 'source'), join(scratch, 'artifacts')];
      await cp(folder, source, { recursive: true, filter: (path) => !/\/(?:\.git|\.aws-sam)$/u.test(path) });
      await mkdir(artifacts);
      const result = await host.run('make', [`build-${logicalId}`], { cwd: source, env: { ARTIFACTS_DIR: artifacts } });
      if (result.code !== 0) {
        throw failure('build/failed', `make build-${logicalId} ended with exit code ${result.code}`, { why: (result.stderr || result.stdout).trim().split('\n').slice(-12).join('\n') });
      }
      const writer = store.begin();
      const written = await writeZipTo(sortEntries(treeOf(artifacts, '')), (chunks) => chunks.forEach(writer.write));
      const blob = await writer.commit();
      return { blobs: [{ name: 'zip', digest: blob.digest, size: blob.size }], data: { unpackedSize: written.unpackedSize } };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  };
}

function treeOf(folder: string, prefix: string): readonly TreeEntry[] {
  return readdirSync(folder).flatMap((name): readonly TreeEntry[] => {
    const absolute = join(folder, name);
    const path = prefix === '' ? name : `${prefix}/${name}`;
    const found = lstatSync(absolute);
    if (found.isDirectory()) return treeOf(absolute, path);
    if (found.isSymbolicLink()) return [{ kind: 'link', path, target: readlinkSync(absolute) }];
    return [{ kind: 'file', path, mode: (found.mode & 0o100) === 0 ? 0o644 : 0o755, size: found.size, content: { kind: 'disk', path: absolute } }];
  });
}
