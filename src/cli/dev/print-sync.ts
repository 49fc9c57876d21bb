import { syncAdvice } from '../../session/sync-advice.ts';
import type { Call } from '../command.ts';

/** `shear dev --print-sync`: looks at the project alone. */
export async function printSync(call: Call): Promise<number> {
  const { profile, paths, syncCommand, syncLacks } = await syncAdvice(call.host, { folder: call.project, template: call.value('template'), profile: call.profile, parameterOverrides: call.parameterOverrides });
  if (call.isJson) {
    call.output.print(JSON.stringify({ schema: 1, profile, paths, sync: { command: syncCommand, lacks: syncLacks ?? null } }));
    return 0;
  }
  let last = '';
  for (const { subject, change, best, others } of paths) {
    if (subject !== last) call.output.print(`${last === '' ? '' : '\n'}${subject}`);
    last = subject;
    call.output.print(`  ${change}\n    best:   ${best}\n    others: ${others}`);
  }
  call.output.print(`\n${syncCommand} ${syncLacks === undefined ? `is ready (profile ${profile})` : `is not ready: ${syncLacks}`}`);
  return 0;
}
