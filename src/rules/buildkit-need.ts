import type { Dockerfile, DockerfileInstruction } from '../syntax/dockerfile.ts';

/** An instruction that Docker's classic builder refuses, and what of it. */
export interface BuildKitNeed {
  readonly instruction: DockerfileInstruction;
  /** As written: `RUN --mount`, `COPY <<EOF`. */
  readonly what: string;
}

/** Flags of COPY and ADD that the classic builder has as well. */
const classic = new Set(['from', 'chown']);

/** The first instruction that needs BuildKit: mounts and other flags of RUN, newer flags of COPY and ADD, heredocs. */
export function buildKitNeed(dockerfile: Dockerfile): BuildKitNeed | undefined {
  for (const instruction of dockerfile.stages.flatMap((stage) => stage.instructions)) {
    const { keyword, flags, heredocs } = instruction;
    const flag = keyword === 'RUN' ? flags[0] : keyword === 'COPY' || keyword === 'ADD' ? flags.find(({ name }) => !classic.has(name)) : undefined;
    if (flag) return { instruction, what: `${keyword} --${flag.name}` };
    const [heredoc] = heredocs;
    if (heredoc) return { instruction, what: `${keyword} <<${heredoc.name}` };
  }
  return undefined;
}
