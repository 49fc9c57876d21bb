import type { CloudEvent, Drift } from '../base/cloud-event.ts';
import type { Fault } from '../base/fault.ts';
import { plain, type Paint } from './paint.ts';
import { printBytes, printSeconds } from './quantity.ts';

/** One happening as a line or a few; undefined for what needs no words. */
export function cloudText(event: CloudEvent, paint: Paint = plain): string | undefined {
  switch (event.kind) {
    case 'differs':
      return `${event.stack} and the template differ: ${some(event.differences)}`;
    case 'deploying':
      return `sam deploy of ${event.stack}, because ${event.why}`;
    case 'deploy-line':
      return `  ${event.text}`;
    case 'deployed':
      return `${paint.green('deployed')} ${event.stack} in ${printSeconds(event.ms / 1000)}`;
    case 'ready':
      return `${paint.bold(event.stack)} in ${event.region} agrees with the template (${event.functions} function${event.functions === 1 ? '' : 's'})`;
    case 'sent':
      return undefined;
    case 'updated':
      return `${paint.green('cloud')} ${event.name}  ${printSeconds(event.ms / 1000)}, ${printBytes(event.bytes)} sent${event.version === undefined ? '' : `, version ${event.version}`}`;
    case 'waiting':
      return `${paint.yellow('waiting')} ${event.name}: ${faultText(event.fault)}\n  again in ${event.seconds} s`;
    case 'failed':
      return `${paint.red('failed')} ${event.name}: ${faultText(event.fault)}`;
    case 'foreign':
      return `${paint.yellow('note')} ${event.name} runs code that was sent from somewhere else; it is replaced by what is built here`;
  }
}

function faultText({ what, why, next }: Fault): string {
  return [what, ...(why === undefined ? [] : [`  ${why.replaceAll('\n', '\n  ')}`]), ...(next === undefined ? [] : [`  next: ${next}`])].join('\n');
}

function some(paths: readonly string[]): string {
  const shown = paths.slice(0, 5).join(', ');
  return paths.length > 5 ? `${shown} and ${paths.length - 5} more` : shown;
}

/** What is left behind when a session ends: functions that run what the stack's template does not know. */
export function driftText({ stack, profile, drift }: { readonly stack: string; readonly profile: string; readonly drift: readonly Drift[] }): string | undefined {
  if (drift.length === 0) return undefined;
  const lines = drift.map(({ name, sentAt }) => `  ${name}  sent ${new Date(sentAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`);
  return `${drift.length === 1 ? '1 function' : `${drift.length} functions`} of ${stack} ${drift.length === 1 ? 'runs' : 'run'} code that its template does not know:\n${lines.join('\n')}\n\`sam deploy --config-env ${profile}\` brings stack and code together again; a rollback or another deployment replaces it.`;
}

const colours = ['blue', 'green', 'yellow', 'red'] as const;

/** A line of a function's log, with its name before it in a colour of its own. */
export function logText({ name, time, text }: { readonly name: string; readonly time: number; readonly text: string }, { names, paint = plain }: { readonly names: readonly string[]; readonly paint?: Paint }): string {
  const colour = colours[Math.max(0, names.indexOf(name)) % colours.length] ?? 'blue';
  const width = Math.max(...names.map((one) => one.length));
  const isOwnWords = /^(?:START|END|REPORT|INIT_START) /u.test(text);
  return `${paint.dim(new Date(time).toISOString().slice(11, 23))} ${paint[colour](name.padEnd(width))} ${isOwnWords ? paint.dim(text) : text.replaceAll('\n', `\n${' '.repeat(width + 14)}`)}`;
}
