import { build } from '../../session/build.ts';
import { Failure } from '../../base/fault.ts';
import type { Command } from '../command.ts';
import { buildOptions } from './build.ts';

/** `shear lock`. */
export const command: Command = {
  run: async (call) => {
    const isChecking = call.flag('check');
    const options = { ...buildOptions(call), only: [], isFrozen: isChecking, isUpgrading: call.flag('upgrade'), outputs: 'none' as const };
    try {
      await build(call.host, options);
    } catch (error) {
      if (!isChecking || !(error instanceof Failure) || error.fault.code !== 'lock/drift') throw error;
      call.output.print(call.isJson ? JSON.stringify({ schema: 1, drift: true, fault: error.fault }) : `shear.lock is out of date: ${error.fault.what}`);
      return 1;
    }
    call.output.print(call.isJson ? JSON.stringify({ schema: 1, drift: false }) : isChecking ? 'shear.lock is up to date' : 'wrote shear.lock');
    return 0;
  },
};
