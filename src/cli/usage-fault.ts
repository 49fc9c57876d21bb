import { failure } from '../base/fault.ts';
import { meant } from '../base/nearest.ts';
import { commonFlags, type CommandSpec } from './command.ts';

/** What is wrong with a command's arguments, in words of ours where Node's own say too little. */
export function usageFault(spec: CommandSpec, error: unknown): Error {
  const flags = [...spec.flags, ...commonFlags];
  const message = error instanceof Error ? error.message : 'the arguments do not fit';
  const help = `\`shear ${spec.name} --help\` has all flags`;
  const unknown = /^Unknown option '(-+[^']+)'/u.exec(message)?.[1];
  if (unknown !== undefined) return failure('usage', `shear ${spec.name} has no flag ${unknown}`, { next: meant(unknown.replace(/^-+/u, ''), flags.map(({ name }) => name), '--', help), cause: error });
  const named = /^Option '(?:-\w, )?--([\w-]+)(?: <value>)?' argument (?:missing|is ambiguous)/u.exec(message)?.[1];
  const flag = flags.find(({ name }) => name === named);
  if (flag) return failure('usage', `--${flag.name} needs a value`, { why: flag.summary, next: `write \`--${flag.name} ${flag.value ?? 'X'}\`; ${help}`, cause: error });
  return failure('usage', message.split('. ')[0] ?? message, { next: `run \`shear ${spec.name} --help\``, cause: error });
}
