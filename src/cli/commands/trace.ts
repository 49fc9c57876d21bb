import { readFileSync } from 'node:fs';
import { failure } from '../../base/fault.ts';
import { traceRecordFile } from '../../ffmpeg/trace-record.ts';
import { traceFfmpeg, type TracedFunction } from '../../session/trace-ffmpeg.ts';
import { inWorkFolder } from '../../session/work-folder.ts';
import type { Command } from '../command.ts';
import { buildOptions } from './build.ts';

/** `shear trace`: what functions start ffmpeg with while they handle their events. */
export const command: Command = {
  run: async (call) => {
    return await inWorkFolder('trace', async (workFolder) => {
      const traced = await traceFfmpeg(call.host, {
        build: { ...buildOptions(call), only: [] }, names: call.positionals, mustBuild: !call.flag('no-build'), workFolder,
        events: call.values('event').map(readEvent),
        onLog: (chunk) => {
          if (call.isVerbose) call.output.note(Buffer.from(chunk).toString().trimEnd());
        },
      });
      const shown = traced.map(({ name, events, commands, need, profile }) => ({ name, events, commands, need: need.kind, doubts: need.kind === 'unbounded' ? need.doubts : [], profile }));
      if (call.isJson) call.output.print(JSON.stringify({ schema: 1, functions: shown }));
      else for (const line of traced.flatMap(linesOf)) call.output.print(line);
      if (traced.length === 0 && !call.isQuiet) call.output.note('no function is seen to start ffmpeg; name one to trace it all the same');
      return traced.some(({ events }) => events.some(({ outcome }) => outcome !== 'response')) ? 3 : 0;
    });
  },
};

function readEvent(path: string): { readonly name: string; readonly bytes: Uint8Array } {
  try {
    return { name: path, bytes: readFileSync(path) };
  } catch (error) {
    throw failure('usage', `the event file ${path} cannot be read`, { cause: error, why: error instanceof Error ? error.message : undefined, next: 'give a JSON file with -e' });
  }
}

function linesOf({ name, events, commands, need, profile }: TracedFunction): readonly string[] {
  const lines = [`${name}: ${events.length} event${events.length === 1 ? '' : 's'}, ${commands.length} command${commands.length === 1 ? '' : 's'} of ffmpeg`];
  if (events.length === 0) lines.push('  no event file of the project is for it: give one with -e');
  for (const { name: event, outcome } of events) if (outcome !== 'response') lines.push(`  ${event}: the function failed (${outcome})`);
  for (const { event, argv } of commands) lines.push(`  ${event}: ${argv.join(' ')}`);
  if (need.kind === 'unbounded') lines.push(...need.doubts.map(({ why, place }) => `  its code may ask for more: ${why}${place ? ` (${place.file}:${place.line})` : ''}`));
  const count = (kind: string): number => profile.components.filter((one) => one.kind === kind).length;
  lines.push(`  needs ${profile.programs.join(' and ') || 'nothing'}: ${count('demuxer')} demuxers, ${count('decoder')} decoders, ${count('filter')} filters, ${count('encoder')} encoders, ${count('muxer')} muxers (${profile.licence}${profile.externals.length > 0 ? `; with ${profile.externals.join(', ')}` : ''})`);
  const added = profile.components.filter(({ evidence }) => evidence?.every((one) => one.kind === 'event') === true);
  if (added.length > 0) lines.push(`  seen in events alone: ${added.map(({ kind, name: part }) => `${kind} ${part}`).join(', ')}`);
  if (commands.length > 0) lines.push(`  kept in ${traceRecordFile}, which fix and lock --prove read: commit it`);
  return lines;
}
