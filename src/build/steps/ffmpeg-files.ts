import type { Step } from '../../graph/run.ts';
import type { TreeEntry } from '../../base/tree.ts';
import { writeLayer } from '../../oci/layer.ts';
import { sortEntries } from '../../oci/tar.ts';
import { movedPath } from '../frontend/moves.ts';
import type { Move } from '../frontend/stage.ts';
import { emptyLayerOutput, layerOutput } from './layer-output.ts';
import type { StepContext } from './step-table.ts';

/** Parameters of the image layer of a build of ffmpeg, its one input. */
export interface FfmpegFilesParams {
  /** Where the stage leaves the files: `/usr/local`. */
  readonly root: string;
  readonly moves: readonly Move[];
  readonly createdBy: string;
}

/** A build's programs and licences, or those of them that were copied, as an image layer. */
export function ffmpegFiles({ store }: StepContext): Step['run'] {
  return async ({ node, outputs }) => {
    const { root, moves, createdBy } = node.params as unknown as FfmpegFilesParams;
    const entries = (outputs[0]?.blobs ?? []).flatMap((blob): readonly TreeEntry[] => {
      const path = movedPath(`${root}/${blob.name}`, moves)?.slice(1);
      const mode = blob.name.startsWith('bin/') ? 0o755 : 0o644;
      return path === undefined ? [] : [{ kind: 'file', path, mode, size: blob.size, content: { kind: 'disk', path: store.pathOf(blob.digest) } }];
    });
    if (entries.length === 0) return emptyLayerOutput;
    return layerOutput(await writeLayer(sortEntries(entries), store, { createdBy, level: 9 }), entries.map(({ path }) => path));
  };
}
