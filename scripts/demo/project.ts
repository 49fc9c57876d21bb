import { failure } from '../../src/base/fault.ts';
import { shear, type TimedRun } from '../scenario/shear-cli.ts';

/** A copy of an example that shear works on, and what its last build told. */
export interface DemoProject {
  readonly folder: string;
  /** Runs a shear command; any other exit code than these is a failure with the command's own words. */
  readonly run: (args: readonly string[], codes?: readonly number[]) => Promise<TimedRun>;
  /** Builds everything; milliseconds of the whole process. */
  readonly build: () => Promise<number>;
  readonly invoke: (functionName: string, event: string) => Promise<unknown>;
  /** Compressed bytes of the image's layers over its base, from the last build. */
  readonly overBase: () => number | undefined;
  /** Compressed bytes of the last build's layers of a role. */
  readonly sizeOf: (role: string) => number;
  /** Digests of the last build's layers. */
  readonly blobs: () => ReadonlySet<string>;
  /** Bytes of the last build's layers that are not among these. */
  readonly newBytes: (known: ReadonlySet<string>) => number;
}

interface Layer {
  readonly role: string;
  readonly digest: string;
  readonly size: number;
}

/** Wraps a folder. */
export function createProject(folder: string, env: Readonly<Record<string, string>>): DemoProject {
  let layers: readonly Layer[] = [];
  const run = async (args: readonly string[], codes: readonly number[] = [0]): Promise<TimedRun> => {
    const ended = await shear(args, { cwd: folder, env });
    if (codes.includes(ended.code)) return ended;
    throw failure('build/failed', `\`shear ${args.join(' ')}\` ended with code ${ended.code}`, { why: `${ended.stdout}\n${ended.stderr}`.trim() });
  };
  return {
    folder,
    run,
    build: async () => {
      const { stdout, ms } = await run(['build', '--json']);
      const told: { functions: readonly { image?: { layers: readonly Layer[] } }[] } = JSON.parse(stdout);
      layers = told.functions.flatMap((one) => one.image?.layers ?? []);
      return ms;
    },
    invoke: async (functionName, event) => JSON.parse((await run(['invoke', functionName, '-e', event])).stdout),
    overBase: () => (layers.length === 0 ? undefined : sum(layers.filter((layer) => layer.role !== 'base'))),
    sizeOf: (role) => sum(layers.filter((layer) => layer.role === role)),
    blobs: () => new Set(layers.map((layer) => layer.digest)),
    newBytes: (known) => sum(layers.filter((layer) => !known.has(layer.digest))),
  };
}

function sum(layers: readonly Layer[]): number {
  return layers.reduce((total, layer) => total + layer.size, 0);
}
