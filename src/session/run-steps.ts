import { isSharedStep, stepTable, type StepContext } from '../build/steps/step-table.ts';
import type { GraphNode } from '../graph/node.ts';
import { runGraph, type NodeResult, type RunOptions } from '../graph/run.ts';
import { outputCache } from '../store/store.ts';

/** How a graph gets its steps: from the table, each loaded when there is work for it. */
export function stepsFor(context: StepContext): RunOptions['step'] {
  return (kind) => {
    const step = stepTable[kind];
    if (!step) throw new Error(`unreachable: no step ${kind}`);
    return { version: step.version, load: async () => await step.load(context) };
  };
}

/** Carries out nodes that read no file of the project, one after the other: builds of ffmpeg and their proofs. */
export async function runWithoutFiles(context: StepContext, nodes: readonly GraphNode[]): Promise<ReadonlyMap<string, NodeResult>> {
  const { host, store } = context;
  return await runGraph(nodes, {
    cache: outputCache(store, isSharedStep), emit: host.emit, now: host.now, parallel: 1, signal: host.signal, step: stepsFor(context),
    list: () => {
      throw new Error('unreachable: no files are read');
    },
  });
}
