import type { Step } from '../../graph/run.ts';
import { writeLayer } from '../../oci/layer.ts';
import { sortEntries } from '../../oci/tar.ts';
import { pythonTree, type WheelInstall } from '../python-tree.ts';
import { bulkLevel, emptyLayerOutput, layerOutput } from './layer-output.ts';
import type { StepContext } from './step-table.ts';

/** Parameters of a layer of wheels. */
export interface WheelLayerParams {
  readonly install: WheelInstall;
  readonly createdBy: string;
}

/** One wheel, or several small ones, installed into an image layer. */
export function wheelLayer(context: StepContext): Step['run'] {
  return async ({ node }) => {
    const { install, createdBy } = node.params as unknown as WheelLayerParams;
    const { entries, roots } = await pythonTree(context, install);
    if (entries.length === 0) return emptyLayerOutput;
    return layerOutput(await writeLayer(sortEntries(entries), context.store, { createdBy, level: bulkLevel }), roots);
  };
}
