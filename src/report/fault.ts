import type { Fault } from '../base/fault.ts';
import { printPlace } from '../base/source.ts';
import { plain, type Paint } from './paint.ts';

/**
 * A fault for the terminal: what happened, where with the line and carets, why, what to do next. Ends with a newline.
 */
export function printFault(fault: Fault, paint: Paint = plain): string {
  const lines = [`${paint.red(paint.bold('error:'))} ${fault.what}`];
  if (fault.place) lines.push(`  ${paint.blue('at')} ${printPlace(fault.place)}`);
  if (fault.excerpt !== undefined) lines.push(...indented(fault.excerpt, '    '));
  if (fault.why !== undefined) lines.push(...labelled('why', fault.why, paint));
  if (fault.next !== undefined) lines.push(...labelled('next', fault.next, paint));
  return `${lines.join('\n')}\n`;
}

function labelled(label: string, text: string, paint: Paint): readonly string[] {
  const [first = '', ...rest] = text.split('\n');
  return [`  ${paint.blue(`${label}:`)} ${first}`, ...rest.map((line) => `    ${line}`)];
}

function indented(text: string, by: string): readonly string[] {
  return text.split('\n').map((line) => (by + line).trimEnd());
}
