import { keyOf, type Canonical, type NodeKey } from '../base/digest.ts';
import type { Emit } from '../base/event.ts';
import type { FileListing } from './list-files.ts';
import type { FileSet, GraphNode, Output, OutputCache } from './node.ts';

/** What a step gets: its parameters, its inputs' outputs and file listings, in the order of `inputs`. */
export interface StepInput {
  readonly node: GraphNode;
  readonly outputs: readonly Output[];
  readonly listings: readonly FileListing[];
}

/** How one kind of step is carried out. `version` changes whenever the same input would give other bytes. */
export interface Step {
  readonly version: number;
  readonly run: (input: StepInput) => Promise<Output>;
}

/** What running a graph needs; nothing in here knows what the steps do. */
export interface RunOptions {
  /** Loads a step by kind; called only when the version or the work is needed. */
  readonly step: (kind: string) => { readonly version: number; readonly load: () => Promise<Step['run']> };
  readonly cache: OutputCache;
  readonly list: (files: FileSet) => FileListing;
  readonly emit: Emit;
  readonly now: () => number;
  /** Steps at the same time. */
  readonly parallel: number;
  readonly signal: AbortSignal;
  /** Throws when the files of a listing are no longer as they were listed: called after a step has read them, before its output is kept. */
  readonly confirm?: (listing: FileListing) => void;
  /** True for a failure that shall not stop the steps that do not need this one; the node, and those that need it, then have no result. */
  readonly bears?: (id: string, error: unknown) => boolean;
}

/** What became of one node. */
export interface NodeResult {
  readonly id: string;
  readonly key: NodeKey;
  readonly output: Output;
  readonly cached: boolean;
  /** Milliseconds of the step itself, or of fetching its output; 0 when the store had it. */
  readonly ms: number;
}

/**
 * Carries out what is stale, in dependency order, several steps at once.
 * @param nodes in any order; an input that names no node is a defect.
 * @returns a result for every node but those whose failure is borne. Rejects with the first failure, after running steps have ended.
 */
export async function runGraph(nodes: readonly GraphNode[], options: RunOptions): Promise<ReadonlyMap<string, NodeResult>> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const slots = createSlots(options.parallel);
  const results = new Map<string, NodeResult>();
  const pending = new Map<string, Promise<NodeResult>>();
  let failed = false;
  const resultOf = (id: string): Promise<NodeResult> => {
    const known = pending.get(id);
    if (known) return known;
    const node = byId.get(id);
    if (!node) throw new Error(`unreachable: no node ${id} in the graph`);
    const started = runNode(node);
    pending.set(id, started);
    return started;
  };
  const runNode = async (node: GraphNode): Promise<NodeResult> => {
    const inputs = await Promise.all(
      node.inputs.map(async (input) => (input.kind === 'node' ? await resultOf(input.id) : options.list(input.files))),
    );
    const outputs = inputs.filter((input): input is NodeResult => 'output' in input).map((input) => input.output);
    const listings = inputs.filter((input): input is FileListing => 'files' in input);
    const step = options.step(node.kind);
    const key = nodeKey(node, step.version, outputs, listings);
    const hit = options.cache.get(key);
    const result = hit ? { id: node.id, key, output: hit, cached: true, ms: 0 } : await work(node, key, outputs, listings);
    options.cache.used?.(key, node.kind, result.output);
    results.set(node.id, result);
    return result;
  };
  const work = async (node: GraphNode, key: NodeKey, outputs: readonly Output[], listings: readonly FileListing[]): Promise<NodeResult> =>
    await slots(async () => {
      if (failed || options.signal.aborted) throw new Stopped();
      const { id, label } = node;
      options.emit({ kind: 'step-started', id, label });
      const start = options.now();
      const found = await options.cache.fetch?.(key, node.kind);
      const output = found ?? (await carryOut(node, outputs, listings));
      if (!found) options.cache.put(key, output);
      const [cached, ms] = [found !== undefined, options.now() - start];
      options.emit({ kind: 'step-finished', id, label, cached, ms });
      return { id, key, output, cached, ms };
    });
  const carryOut = async (node: GraphNode, outputs: readonly Output[], listings: readonly FileListing[]): Promise<Output> => {
    const run = await options.step(node.kind).load();
    const output = await run({ node, outputs, listings });
    for (const listing of listings) options.confirm?.(listing);
    return output;
  };
  const settled = await Promise.allSettled(
    nodes.map(async (node) => {
      try {
        await resultOf(node.id);
      } catch (error) {
        if (!options.signal.aborted && options.bears?.(node.id, error) === true) return;
        failed = true;
        throw error;
      }
    }),
  );
  const flushed = await options.cache.flushed().then(() => [], (error: unknown) => [error]);
  const reasons: unknown[] = [...settled.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : [])), ...flushed];
  const first = reasons.find((reason) => !(reason instanceof Stopped)) ?? reasons[0];
  if (first !== undefined) throw first;
  return results;
}

/** Thrown by steps that were not started because another failed or the user interrupted. */
class Stopped extends Error {}

/** The key of a node: what names its output, given its inputs' outputs and listings in their order. */
export function nodeKey(node: GraphNode, version: number, outputs: readonly Output[], listings: readonly FileListing[]): NodeKey {
  const content: Canonical = {
    kind: node.kind,
    version,
    params: node.params,
    outputs: outputs.map(outputIdentity),
    files: listings.map((listing) => listing.digest),
  };
  return keyOf(content);
}

function outputIdentity(output: Output): Canonical {
  return { blobs: output.blobs.map((blob) => [blob.name, blob.digest]), data: output.data };
}

function createSlots(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
