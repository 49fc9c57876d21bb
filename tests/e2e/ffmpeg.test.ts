import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Proof } from '../../src/build/ffmpeg/prove.ts';
import { ffmpegNode, proofNodes, type BuiltFor } from '../../src/build/ffmpeg/proof-plan.ts';
import { ffmpegBuild } from '../../src/build/steps/ffmpeg-build.ts';
import type { FfmpegProfile } from '../../src/ffmpeg/profile.ts';
import { readyProfiles } from '../../src/ffmpeg/ready-profiles.ts';
import { runWithoutFiles } from '../../src/session/run-steps.ts';
import { openStore } from '../../src/store/store.ts';
import { findCompiler } from '../../src/tools/find-compiler.ts';
import { cacheFolder, createScriptHost } from '../../scripts/script-host.ts';

// Every ready profile against a full build of the same version: half an hour of compiling on two cores the first time.
const host = createScriptHost();
const isAsked = process.env['SHEAR_CONFORMANCE'] === '1';
const own = await findCompiler(host, host.arch);
const cross = await findCompiler(host, 'arm64');
const obstacle = !isAsked ? 'npm run test:conformance runs it' : own.kind === 'missing' ? own.why : undefined;
const store = openStore(join(cacheFolder, 'ffmpeg-conformance', 'store'), host.now);
const context = { host, store, projectFolder: cacheFolder };

async function prove(profile: FfmpegProfile, builtFor: BuiltFor): Promise<Proof> {
  const derived = ffmpegNode(profile, builtFor, 'derived');
  const { full, proof } = proofNodes(profile, derived, builtFor);
  return (await runWithoutFiles(context, [derived, full, proof])).get(proof.id)?.output.data as unknown as Proof;
}

describe.skipIf(obstacle !== undefined)(`ffmpeg with the parts of a ready profile${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`, () => {
  const builtFor = { architecture: host.arch, compiler: own.kind === 'found' ? own.compiler.id : '' };

  it.each(Object.entries(readyProfiles))('%s: does as the full build does', async (_name, profile) => {
    const { failures, commands } = await prove(profile, builtFor);
    expect(failures).toEqual([]);
    expect(commands).toBeGreaterThan(50);
  }, 3_600_000);

  it('compiles to the same bytes in another folder', async () => {
    const node = ffmpegNode(readyProfiles.speech, builtFor, 'derived');
    const first = (await runWithoutFiles(context, [node])).get(node.id)?.output;
    const second = await ffmpegBuild(context)({ node, outputs: [], listings: [] });
    expect(second.blobs).toEqual(first?.blobs);
  }, 3_600_000);

  it.skipIf(cross.kind === 'missing')('speech for arm64 does as the full build does', async () => {
    const { failures } = await prove(readyProfiles.speech, { architecture: 'arm64', compiler: cross.kind === 'found' ? cross.compiler.id : '' });
    expect(failures).toEqual([]);
  }, 7_200_000);
});
