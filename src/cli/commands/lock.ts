import { join } from 'node:path';
import { Failure, failure } from '../../base/fault.ts';
import type { Upgrade } from '../../build/upgrade.ts';
import { writeFix } from '../../fix/write.ts';
import { resolveModel } from '../../model/resolve.ts';
import { openProject } from '../../project/open.ts';
import { build } from '../../session/build.ts';
import { movedBases, type MovedBase } from '../../session/moved-bases.ts';
import { openStore } from '../../store/store.ts';
import { noteFfmpegEvidence } from '../../session/note-ffmpeg-evidence.ts';
import type { NamedProof } from '../../session/prove-ffmpeg.ts';
import type { Call, Command } from '../command.ts';
import { buildOptions } from './build.ts';

/** `shear lock`. */
export const command: Command = {
  run: async (call) => {
    const isChecking = call.flag('check');
    const upgrade = upgradeOf(call);
    if (isChecking && call.flag('prove')) throw failure('usage', '--check and --prove exclude each other', { next: 'prove first, then check' });
    if (isChecking && upgrade.length > 0) throw failure('usage', '--check and --upgrade exclude each other', { next: 'check first, then upgrade' });
    const moved = upgrade.length > 0 ? await moveBases(call, upgrade) : [];
    try {
      await build(call.host, { ...buildOptions(call), only: [], isFrozen: isChecking, upgrade, outputs: 'none' });
    } catch (error) {
      if (!isChecking || !(error instanceof Failure) || error.fault.code !== 'lock/drift') throw error;
      call.output.print(call.isJson ? JSON.stringify({ schema: 1, drift: true, fault: error.fault }) : `shear.lock is out of date: ${error.fault.what}\n${error.fault.why ?? ''}`.trimEnd());
      return 1;
    }
    if (!isChecking) await noteFfmpegEvidence(call.host, { ...buildOptions(call), only: [] });
    const proofs = call.flag('prove') ? await prove(call) : undefined;
    call.output.print(call.isJson ? JSON.stringify({ schema: 1, drift: false, moved, ...(proofs ? { proofs } : {}) }) : isChecking ? 'shear.lock is up to date' : 'wrote shear.lock');
    return proofs?.some(({ failures }) => failures.length > 0) === true ? 1 : 0;
  },
};

/** A profile that fails is built with every part instead; that goes into the lock at once. */
async function prove(call: Call): Promise<readonly NamedProof[]> {
  const { proveFfmpeg } = await import('../../session/prove-ffmpeg.ts');
  const options = { ...buildOptions(call), only: [], outputs: 'none' as const };
  const proofs = await proveFfmpeg(call.host, options);
  for (const { name, architecture, commands, failures, unreached } of proofs) {
    const untried = unreached.length === 0 ? '' : `; not tried: ${unreached.join(', ')}`;
    call.output.note(`${name} for ${architecture}: ${commands} commands, ${failures.length === 0 ? 'all as with the full build' : `${failures.length} not as with the full build:\n  ${failures.slice(0, 5).join('\n  ')}`}${untried}`);
  }
  if (proofs.some(({ failures }) => failures.length > 0)) await build(call.host, { ...options, isFrozen: false });
  return proofs;
}

/** `--upgrade` alone moves everything; with names, those. */
function upgradeOf(call: Call): Upgrade {
  const names = call.positionals;
  if (call.flag('upgrade')) return names.length === 0 ? 'all' : names;
  if (names.length > 0) throw failure('usage', `shear lock takes no ${names[0] ?? ''}`, { next: `\`shear lock --upgrade ${names[0] ?? ''}\` moves it to its newest version` });
  return [];
}

/** Dockerfiles that name an image by tag and digest get the digest that the tag stands for now; `fix --undo` takes it back. */
async function moveBases(call: Call, upgrade: Upgrade): Promise<readonly MovedBase[]> {
  const { host, profile, parameterOverrides } = call;
  const project = await openProject(host, { folder: call.project, template: call.value('template'), profile, parameterOverrides });
  const store = openStore(join(host.cacheFolder, 'store'), host.now);
  const { changes, moved } = await movedBases(host, store, { project, model: resolveModel(project, { profile, parameterOverrides }), upgrade });
  if (changes.length > 0) await writeFix(host, call.project, changes, { allowDirty: true });
  for (const { file, line, tagged, from, to } of moved) call.output.note(`${file}:${line}: ${tagged} moved from ${from.slice(0, 19)}… to ${to.slice(0, 19)}…`);
  return moved;
}
