import type { Span } from '../base/source.ts';
import type { StageSteps } from './image-build.ts';

/** A package manager that a stage gets. */
export interface Manager {
  /** As its program is called. */
  readonly name: string;
  /** Of the instruction. */
  readonly span: Span;
  /** Unpacked, with what it needs. */
  readonly bytes: number;
}

/** Bytes in wheels for CPython 3.12 and Linux x86_64, late 2026. */
const sizes: Readonly<Record<string, number>> = { poetry: 58e6, pipenv: 24e6, pdm: 26e6, uv: 40e6 };

const installs: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['poetry', /install\.python-poetry\.org|get-poetry\.py/u],
  ['uv', /astral\.sh\/uv\/install/u],
  ...Object.keys(sizes).map((name) => [name, new RegExp(`\\bpip[\\d.]*\\s+install\\s(?:[^\\n&|;]*\\s)?["']?${name}(?:["'\\s=<>~!&;[]|$)`, 'u')] as const),
];

/** Poetry, Pipenv, PDM and uv where a RUN installs them or a COPY brings them, and no later line takes them out. */
export function managersIn(stages: readonly StageSteps[]): readonly Manager[] {
  const steps = stages.flatMap((stage) => stage.steps);
  const isRemoved = (name: string): boolean => steps.some(({ instruction }) => instruction.keyword === 'RUN' && new RegExp(`uninstall[^&|;]*\\b${name}\\b|\\brm\\s[^&|;]*${name}|python-poetry\\.org[^&;]*--uninstall`, 'u').test(instruction.argument));
  const found = steps.flatMap(({ instruction }) => {
    const { keyword, argument, span } = instruction;
    const isMounted = instruction.flags.some(({ name, value }) => name === 'mount' && value.includes('bind'));
    if (keyword === 'RUN' && !isMounted) return installs.filter(([, pattern]) => pattern.test(argument)).map(([name]) => ({ name, span }));
    const isCopied = keyword === 'COPY' && instruction.flags.some(({ name, value }) => name === 'from' && /(?:^|\/)astral-sh\/uv(?:[:@]|$)/u.test(value));
    return isCopied ? [{ name: 'uv', span }] : [];
  });
  return found.filter(({ name }, index) => !isRemoved(name) && found.findIndex((one) => one.name === name) === index).map((one) => ({ ...one, bytes: sizes[one.name] ?? 0 }));
}
