import type { Plan } from '../build/plan.ts';
import type { Replay, ReplayImage, ReplayLayer } from '../build/state.ts';
import { copiedEntries, type CopyParams } from '../build/steps/copy-layer.ts';
import { layerOf } from '../build/steps/layer-output.ts';
import type { FileListing } from '../graph/list-files.ts';
import type { FileSet, GraphNode } from '../graph/node.ts';
import type { NodeResult } from '../graph/run.ts';
import { roughTarSize } from '../oci/tar.ts';
import { imageOf } from './publish-artefacts.ts';
import { sourcesOf } from './replay-sources.ts';

/** A layer with more bytes or entries than this is no small change, and what is kept for it would slow the look at nothing changed. */
const longestTar = 1024 * 1024;
const mostEntries = 300;

/** Everything that says which of a build's layers can be exchanged alone. */
export interface ReplayRequest {
  readonly plan: Plan;
  readonly results: ReadonlyMap<string, NodeResult>;
  readonly list: (files: FileSet) => FileListing;
}

/**
 * What `replay` needs to repeat a build after an edit of files that nothing but layers of COPY instructions above the
 * dependencies read; undefined when there is no such file, or what was built is not native images and zips alone.
 */
export function planReplay({ plan, results, list }: ReplayRequest): Replay | undefined {
  if (plan.artefacts.some((artefact) => artefact.kind === 'buildkit' || (artefact.kind !== 'image' && artefact.engine === 'sam'))) return undefined;
  const editable = new Set<string>();
  const images = plan.artefacts.flatMap((artefact): readonly ReplayImage[] => {
    const result = artefact.kind === 'image' ? results.get(artefact.node) : undefined;
    if (artefact.kind !== 'image' || !result) return [];
    const { manifest, config, layers, roles } = imageOf(result);
    const lowest = roles.findLastIndex((role) => role !== 'application') + 1;
    const edits = copiesOf(plan, artefact.node).flatMap((node): readonly ReplayLayer[] => {
      const layer = layerFor(node, results);
      const at = layers.findIndex((one) => one.digest === layer?.blob.digest);
      const entries = layer && at >= lowest ? copiedEntries(node.params as unknown as CopyParams, listingsOf(node, list)) : [];
      if (!layer || entries.length === 0 || entries.length > mostEntries || roughTarSize(entries) > longestTar) return [];
      editable.add(node.id);
      return [{ label: node.label, at, diffId: layer.diffId, createdBy: layer.createdBy, entries }];
    });
    return edits.length === 0 ? [] : [{ fullPath: artefact.fullPath, name: artefact.name, blobs: { manifest, config, layers }, edits }];
  });
  if (images.length === 0) return undefined;
  const elsewhere = plan.nodes.filter((node) => !editable.has(node.id)).flatMap((node) => listingsOf(node, list).flatMap(({ files }) => files.map((file) => file.absolute)));
  // Of the files that layers copy, those that something else reads too: an edit of one is for the whole build.
  const sources = sourcesOf(images);
  return { images, elsewhere: [...new Set([...plan.madeFrom, ...elsewhere])].filter((path) => sources.has(path)) };
}

function copiesOf({ nodes }: Plan, image: string): readonly GraphNode[] {
  const inputs = new Set(nodes.find((node) => node.id === image)?.inputs.flatMap((input) => (input.kind === 'node' ? [input.id] : [])));
  // One that several images share stays with the whole build: each of them would have to be exchanged.
  return nodes.filter((node) => node.kind === 'copy-layer' && inputs.has(node.id) && nodes.filter((other) => other.inputs.some((input) => input.kind === 'node' && input.id === node.id)).length === 1);
}

function layerFor(node: GraphNode, results: ReadonlyMap<string, NodeResult>): ReturnType<typeof layerOf> {
  const result = results.get(node.id);
  return result && layerOf(result.output);
}

function listingsOf(node: GraphNode, list: ReplayRequest['list']): readonly FileListing[] {
  return node.inputs.flatMap((input) => (input.kind === 'files' ? [list(input.files)] : []));
}
