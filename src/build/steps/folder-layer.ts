import type { Step } from '../../graph/run.ts';
import { writeLayer } from '../../oci/layer.ts';
import { layerOutput } from './layer-output.ts';
import type { StepContext } from './step-table.ts';

/** Parameters of WORKDIR and mkdir. */
export interface FolderParams {
  /** Absolute. */
  readonly path: string;
  readonly mode: number;
  readonly createdBy: string;
}

/** A folder that the image needs. */
export function folderLayer({ store }: StepContext): Step['run'] {
  return async ({ node }) => {
    const { path, mode, createdBy } = node.params as unknown as FolderParams;
    const layer = await writeLayer([{ kind: 'folder', path: path.slice(1), mode }], store, { createdBy });
    return layerOutput(layer, []);
  };
}
