import type { Fault } from '../base/fault.ts';
import { withoutSecrets } from '../base/redact.ts';

/** A fault as the command line prints it. */
export function printFault(fault: Fault): string {
  const place = fault.place ? `\n  at ${fault.place.file}:${fault.place.line}:${fault.place.column}` : '';
  const indent = (text: string): string => text.split('\n').map((line) => `  ${line}`).join('\n');
  const excerpt = fault.excerpt === undefined ? '' : `\n${indent(fault.excerpt)}`;
  const why = fault.why === undefined ? '' : `\n${indent(fault.why)}`;
  const next = fault.next === undefined ? '' : `\n  next: ${fault.next}`;
  return `error: ${fault.what}${place}${excerpt}${why}${next}  [${fault.code}]`;
}

/** The last look before a fault is seen: texts of other programs and servers may hold what they were given. */
export function shownFault(fault: Fault): Fault {
  const { what, why, next } = fault;
  return {
    ...fault, what: withoutSecrets(what),
    ...(why === undefined ? {} : { why: withoutSecrets(why) }),
    ...(next === undefined ? {} : { next: withoutSecrets(next) }),
  };
}
