import { failure } from '../../base/fault.ts';
import { logText } from '../../report/cloud-text.ts';
import { coloured, plain } from '../../report/paint.ts';
import { readLogs } from '../../session/cloud/read-logs.ts';
import type { Command } from '../command.ts';

/** `shear logs`: lines go to stdout, what is said about them to stderr. */
export const command: Command = {
  run: async (call) => {
    const paint = call.output.isColoured ? coloured : plain;
    const isTail = call.flag('tail');
    let names: readonly string[] = [];
    let count = 0;
    await readLogs(call.host, {
      project: { folder: call.project, template: call.value('template'), profile: call.profile, parameterOverrides: call.parameterOverrides },
      only: call.positionals, pattern: call.value('filter'), isTail, mayBeLive: call.flag('live'),
      from: call.host.now() - milliseconds(call.value('since') ?? '10m'),
      onNames: (found) => (names = found),
      onLines: (lines) => {
        count += lines.length;
        for (const line of lines) call.output.print(call.isJson ? JSON.stringify({ function: line.name, time: new Date(line.time).toISOString(), text: line.text }) : logText(line, { names, paint }));
      },
      onWay: (way, why) => {
        if (!call.isQuiet) call.output.note(way === 'live' ? `live tail of ${names.join(', ')}` : `looking every second for lines of ${names.join(', ')}${why === undefined ? '' : ` (${why})`}`);
      },
    });
    if (!isTail && count === 0 && !call.isQuiet) call.output.note(`no lines since ${call.value('since') ?? '10m'}`);
    return 0;
  },
};

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function milliseconds(text: string): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/u.exec(text) ?? [];
  const size = units[unit];
  if (count === undefined || size === undefined) throw failure('usage', `--since ${text} is no time`, { next: 'write it like 30s, 10m, 2h or 1d' });
  return Number(count) * size;
}
