import { mkdtempSync, rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ffmpegNode, proofNodes } from '../../src/build/ffmpeg/proof-plan.ts';
import type { Proof } from '../../src/build/ffmpeg/prove.ts';
import { stepTable } from '../../src/build/steps/step-table.ts';
import type { FfmpegNeed } from '../../src/ffmpeg/profile.ts';
import { proofCases } from '../../src/ffmpeg/proof-cases.ts';
import { replaysOf } from '../../src/ffmpeg/replay.ts';
import type { TracedCommand } from '../../src/ffmpeg/trace-record.ts';
import type { GraphNode } from '../../src/graph/node.ts';
import { nodeKey, type NodeResult } from '../../src/graph/run.ts';
import { splitShell } from '../../src/media/shell-words.ts';
import { runWithoutFiles } from '../../src/session/run-steps.ts';
import { openStore } from '../../src/store/store.ts';
import { findCompiler } from '../../src/tools/find-compiler.ts';
import { createScriptHost } from '../script-host.ts';

/** What became of a need that was built. */
export interface BuiltNeed {
  /** Compressed bytes of the programs. */
  readonly size: number;
  /** Commands that the derived and the full build ran; none where there is no full build at hand. */
  readonly commands: number;
  /** Of them, the code's own. */
  readonly own: number;
  readonly failures: readonly string[];
  /** Why nothing was compared. */
  readonly skipped: string;
}

const host = createScriptHost();
const store = openStore(join(host.cacheFolder, 'store'), host.now);

/** Compiles what a need asks for and holds it against a full build, the code's own commands among those that are tried. */
export async function buildNeed({ profile, commands }: Extract<FfmpegNeed, { kind: 'profile' }>): Promise<BuiltNeed> {
  const search = await findCompiler(host, host.arch);
  if (search.kind === 'missing') throw new Error(search.why);
  const traced = commands.flatMap(({ text }): readonly TracedCommand[] => {
    const [program, ...argv] = splitShell(text.replaceAll(/(?<=^|\s)…(?=$|\s)/gu, 'x')).find((words) => words.length > 1) ?? [];
    return program === 'ffmpeg' || program === 'ffprobe' ? [{ event: 'its code', program, argv: argv.map(filledIn), components: [] }] : [];
  });
  const { replays, skipped } = replaysOf({ code: traced }, profile);
  const builtFor = { architecture: host.arch, compiler: search.compiler.id, replays };
  const derived = ffmpegNode(profile, builtFor, 'derived');
  const { full, proof } = proofNodes(profile, derived, builtFor);
  const isFullThere = process.env['SHEAR_CORPUS_FULL'] === '1' || store.getRecord(nodeKey(full, stepTable[full.kind]?.version ?? 0, [], [])) !== undefined;
  const results = await carryOut(isFullThere ? [derived, full, proof] : [derived]);
  const size = (results.get(derived.id)?.output.blobs ?? []).filter(({ name }) => name.startsWith('bin/')).reduce((sum, { digest }) => sum + gzipSync(store.read(digest) ?? Buffer.alloc(0), { level: 9 }).length, 0);
  if (!isFullThere) return { size, commands: 0, own: 0, failures: [], skipped: `not compared: no full build under the ${profile.licence} with ${profile.programs.join(' and ')} was at hand` };
  const outcome = results.get(proof.id)?.output.data as unknown as Proof;
  const own = proofCases(profile, replays).length - proofCases(profile).length;
  for (const why of skipped) process.stderr.write(`  ${why}\n`);
  return { size, commands: outcome.commands, own, failures: outcome.failures, skipped: '' };
}

/** What cannot be told of an argument is a number in the middle of one, and a name by itself. */
function filledIn(word: string): string {
  const [first = ''] = /^[^'"]*\|/u.test(word) && !word.includes('[') ? word.split('|') : [word];
  return first.startsWith('/') || first.includes('.') ? first.replaceAll('…', 'x') : first.replaceAll('…', '1');
}

async function carryOut(nodes: readonly GraphNode[]): Promise<ReadonlyMap<string, NodeResult>> {
  const scratch = mkdtempSync(join(tmpdir(), 'shear-corpus-ffmpeg-'));
  try {
    return await runWithoutFiles({ host, store, projectFolder: scratch }, nodes);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
