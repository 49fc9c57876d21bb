import { push } from '../../session/push.ts';
import type { Command } from '../command.ts';
import { buildOptions } from './build.ts';

/** `shear push`. */
export const command: Command = {
  run: async (call) => {
    const pushed = await push(call.host, buildOptions(call), call.value('to'));
    if (call.isJson) call.output.print(JSON.stringify({ schema: 1, functions: pushed }));
    else for (const { name, uri, bytes } of pushed) call.output.print(`${name}  ${uri}  ${bytes < 100_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`} sent`);
    return 0;
  },
};
