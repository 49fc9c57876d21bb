import type { Architecture } from '../../base/host.ts';
import type { PythonVersion } from '../../model/function.ts';
import { parseWheelName, type WheelName } from './wheel-name.ts';

/** What wheels have to run on: Lambda's machine, never the host's. */
export interface WheelTarget {
  readonly python: PythonVersion;
  readonly architecture: Architecture;
  /** glibc of the image, as `[2, 34]`. */
  readonly glibc: readonly [major: number, minor: number];
}

const machines: Readonly<Record<Architecture, string>> = { x86_64: 'x86_64', arm64: 'aarch64' };

/** The older names of manylinux platforms (PEP 600, "Legacy manylinux tags"). */
const aliases: ReadonlyMap<string, readonly [major: number, minor: number]> = new Map([
  ['manylinux2014', [2, 17]],
  ['manylinux2010', [2, 12]],
  ['manylinux1', [2, 5]],
]);

/**
 * How well a wheel fits: smaller is better, undefined means that it does not run there. The order is that of pip
 * (PEP 425, PEP 600): the interpreter's own ABI, the stable ABI from new to old, then any Python; within each the newest
 * manylinux that the machine's glibc allows, `linux_*` last; then what needs no machine. musllinux never fits.
 */
export function wheelRank(name: WheelName, target: WheelTarget): number | undefined {
  let best: number | undefined;
  for (const python of name.pythons) {
    for (const abi of name.abis) {
      const interpreter = interpreterRank(python, abi, target.python);
      if (interpreter === undefined) continue;
      for (const platform of name.platforms) {
        const machine = platformRank(platform, target);
        // An ABI without a machine (`cp312-cp312-any`) is no tag that pip offers.
        if (machine === undefined || (platform === 'any' && abi !== 'none')) continue;
        const rank = interpreter * 1000 + machine;
        if (best === undefined || rank < best) best = rank;
      }
    }
  }
  return best;
}

/**
 * The wheel to take out of several of one release: the best rank, then the highest build number, then the file name, so
 * that the choice never depends on the index's order. Undefined when none runs on the target.
 */
export function bestWheel<W extends { readonly fileName: string }>(wheels: readonly W[], target: WheelTarget): W | undefined {
  const ranked = wheels.flatMap((wheel) => {
    const name = parseWheelName(wheel.fileName);
    const rank = name && wheelRank(name, target);
    return name && rank !== undefined ? [{ wheel, rank, build: name.build ?? '' }] : [];
  });
  const [first] = ranked.toSorted((a, b) => a.rank - b.rank || compareBuilds(b.build, a.build) || (a.wheel.fileName < b.wheel.fileName ? -1 : 1));
  return first?.wheel;
}

/** Below 1000 for what is made for CPython, from 1000 on for any Python. */
function interpreterRank(python: string, abi: string, { major, minor }: PythonVersion): number | undefined {
  const [, family, first, rest = ''] = /^(cp|py)(\d)(\d*)$/u.exec(python) ?? [];
  if (family === undefined || Number(first) !== major) return undefined;
  const age = rest === '' ? undefined : minor - Number(rest);
  if (age !== undefined && age < 0) return undefined;
  if (family === 'cp') {
    if (age === 0 && abi === python) return 0;
    if (age === 0 && abi === 'none') return 15;
    // The stable ABI began with 3.2 (PEP 384).
    return abi === `abi${major}` && age !== undefined && minor - age >= 2 ? 10 + 10 * age : undefined;
  }
  if (abi !== 'none') return undefined;
  // py312, py3, py311, py310, …
  return age === undefined ? 1001 : age === 0 ? 1000 : 1001 + age;
}

/** `any` comes after everything that is made for a machine. */
function platformRank(platform: string, { architecture, glibc }: WheelTarget): number | undefined {
  if (platform === 'any') return 10_000_000;
  const machine = machines[architecture];
  if (platform === `linux_${machine}`) return 900;
  if (!platform.startsWith('manylinux') || !platform.endsWith(`_${machine}`)) return undefined;
  const name = platform.slice(0, -machine.length - 1);
  const version = aliases.get(name) ?? modernVersion(name);
  if (!version || version[0] !== glibc[0] || version[1] > glibc[1]) return undefined;
  return glibc[1] - version[1];
}

function modernVersion(name: string): readonly [number, number] | undefined {
  const match = /^manylinux_(\d+)_(\d+)$/u.exec(name);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

/** A build tag sorts by its leading digits, then by the rest; none is lowest. */
function compareBuilds(a: string, b: string): number {
  const number = (build: string): number => Number.parseInt(build, 10) || (build === '' ? -1 : 0);
  return number(a) - number(b) || (a < b ? -1 : a > b ? 1 : 0);
}
