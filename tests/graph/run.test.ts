import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import type { GraphNode, Output, OutputCache } from '../../src/graph/node.ts';
import { runGraph, type RunOptions, type StepInput } from '../../src/graph/run.ts';

const output = (text: string): Output => ({ blobs: [{ name: 'out', digest: digestOf(text), size: text.length }], data: text });
const node = (id: string, inputs: readonly string[] = [], params: string = id): GraphNode => ({
  id, kind: 'puppet', label: id, params, inputs: inputs.map((name) => ({ kind: 'node', id: name })),
});

function memoryCache(): OutputCache & { readonly size: () => number } {
  const records = new Map<string, Output>();
  return { get: (key) => records.get(key), put: (key, value) => void records.set(key, value), flushed: async () => undefined, size: () => records.size };
}

/** Steps that the test carries out itself. */
function rig(work: (input: StepInput) => Promise<Output>, cache: OutputCache = memoryCache(), version: number = 1): RunOptions & { readonly ran: string[] } {
  const ran: string[] = [];
  return {
    ran, cache, emit: () => undefined, now: () => 0, parallel: 2, signal: new AbortController().signal,
    list: () => ({ root: 'folder', leftOut: [], files: [], digest: digestOf('none') }),
    step: () => ({
      version,
      load: async () => async (input) => {
        ran.push(input.node.id);
        return await work(input);
      },
    }),
  };
}

describe('running a graph', () => {
  it('runs inputs before what needs them, each once, and hands their outputs on', async () => {
    const options = rig(async ({ node: { id }, outputs }) => output([id, ...outputs.map((one) => one.data)].join('+')));
    const results = await runGraph([node('image', ['a', 'b']), node('a', ['base']), node('b', ['base']), node('base')], options);
    expect(options.ran).toEqual(['base', 'a', 'b', 'image']);
    expect(results.get('image')?.output.data).toBe('image+a+base+b+base');
  });

  it('takes from the cache what has the same parameters and inputs, and nothing else', async () => {
    const cache = memoryCache();
    const work = async ({ node: one }: StepInput): Promise<Output> => output(String(one.params));
    await runGraph([node('top', ['low']), node('low', [], 'x')], rig(work, cache));
    const again = rig(work, cache);
    const results = await runGraph([node('top', ['low']), node('low', [], 'x')], again);
    expect(again.ran).toEqual([]);
    expect(results.get('top')?.cached).toBe(true);
    const changed = rig(work, cache);
    await runGraph([node('top', ['low']), node('low', [], 'y')], changed);
    expect(changed.ran).toEqual(['low', 'top']);
    const newer = rig(work, cache, 2);
    await runGraph([node('low', [], 'x')], newer);
    expect(newer.ran).toEqual(['low']);
  });

  it('does not run again what needs an output that came out the same', async () => {
    const cache = memoryCache();
    const work = async ({ node: one }: StepInput): Promise<Output> => output(one.id === 'low' ? 'same' : 'top');
    await runGraph([node('top', ['low']), node('low', [], 'x')], rig(work, cache));
    const next = rig(work, cache);
    await runGraph([node('top', ['low']), node('low', [], 'y')], next);
    expect(next.ran).toEqual(['low']);
  });

  it('rejects with the first failure, starts nothing new, and keeps nothing of what failed', async () => {
    const cache = memoryCache();
    const options = rig(async ({ node: { id } }) => {
      if (id === 'bad') throw new Error('boom');
      return output(id);
    }, cache);
    await expect(runGraph([node('top', ['bad']), node('bad')], options)).rejects.toThrow('boom');
    expect(options.ran).toEqual(['bad']);
    expect(cache.size()).toBe(0);
  });

  it('runs no more steps at once than it may', async () => {
    let running = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const options = rig(async ({ node: { id } }) => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 2 || id === 'e') for (const release of waiting.splice(0)) release();
      });
      running--;
      return output(id);
    });
    await runGraph(['a', 'b', 'c', 'd', 'e'].map((id) => node(id)), options);
    expect(most).toBe(2);
  });

  it('fails when an output does not get to the disk', async () => {
    const cache: OutputCache = { ...memoryCache(), flushed: async () => await Promise.reject(new Error('no space')) };
    await expect(runGraph([node('a')], rig(async () => ({ blobs: [], data: null }), cache))).rejects.toThrow('no space');
  });
});
