import { setFlagsFromString } from 'node:v8';
import { failure } from '../../base/fault.ts';
import type { DevOptions } from '../../session/dev/dev.ts';
import type { Call, Command } from '../command.ts';
import type { DevDisplay } from '../dev/display.ts';
import { debugText } from '../dev/debug-text.ts';
import { readVariables } from '../read-variables.ts';
import { buildOptions } from './build.ts';

const defaultPort = 3001;

/** `shear dev`. */
export const command: Command = {
  run: async (call) => {
    // In steps the engine also collects when nothing happens, minutes after the last build, 60 ms of processor time; this heap is small enough to be done at once.
    setFlagsFromString('--no-incremental-marking');
    if (call.flag('print-sync')) return await (await import('../dev/print-sync.ts')).printSync(call);
    const display = await displayFor(call);
    const options = devOptions(call, display);
    const cloud = call.flag('cloud') ? await (await import('../dev/cloud-mode.ts')).openCloudMode(call, options) : undefined;
    try {
      const { dev } = await import('../../session/dev/dev.ts');
      const isWell = await dev(call.host, cloud?.options ?? options);
      return isWell && (await cloud?.end()) !== false ? 0 : 3;
    } finally {
      display.close();
      cloud?.tellDrift();
    }
  },
};

/** What every mode of the loop is asked for. */
function devOptions(call: Call, display: DevDisplay): DevOptions {
  return {
    build: buildOptions(call),
    port: portOf(call.value('port')),
    isOnce: call.flag('once'),
    backend: backendOf(call.value('backend')),
    limitsCpu: call.flag('cpu-limit'),
    variables: readVariables(call.value('env-vars')),
    debug: debugOf(call, display),
    onEvent: display.show,
  };
}

/** `--debug FUNCTION`; the port is the debugger's usual one unless it is said. */
function debugOf(call: Call, display: DevDisplay): DevOptions['debug'] {
  const name = call.value('debug');
  if (name === undefined) return undefined;
  const port = call.value('debug-port');
  return {
    name, port: port === undefined ? undefined : portOf(port), mustWait: call.flag('debug-wait'),
    onPort: (opened, language) => display.show({ kind: 'notice', name, text: debugText(opened, language) }),
  };
}

async function displayFor(call: Call): Promise<DevDisplay> {
  if (call.isJson) return (await import('../dev/json-display.ts')).createJsonDisplay(call.output.print);
  const { isTerminal } = call.output;
  if (isTerminal && !call.isQuiet && !call.flag('once')) return (await import('../dev/live-display.ts')).createLiveDisplay({ isColoured: call.output.isColoured });
  return (await import('../dev/plain-display.ts')).createPlainDisplay(call.output.print, call.isQuiet);
}

function portOf(text: string | undefined): number {
  if (text === undefined) return defaultPort;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw failure('usage', `--port has ${text}, which is no port`, { next: 'give a number below 65536; 0 takes any free one' });
}

function backendOf(text: string | undefined): DevOptions['backend'] {
  if (text === undefined || text === 'bubblewrap' || text === 'process' || text === 'docker') return text;
  throw failure('usage', `there is no backend ${text}`, { next: 'use bubblewrap, docker or process' });
}
