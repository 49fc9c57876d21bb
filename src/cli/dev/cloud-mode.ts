import type { CloudEvent } from '../../base/cloud-event.ts';
import { Failure } from '../../base/fault.ts';
import { cloudText, driftText, logText } from '../../report/cloud-text.ts';
import { coloured, plain } from '../../report/paint.ts';
import type { DevEvent } from '../../session/dev/events.ts';
import type { DevOptions } from '../../session/dev/dev.ts';
import { openCloudSession } from '../../session/cloud/session.ts';
import { buildOptions } from '../commands/build.ts';
import type { Call } from '../command.ts';

/** The dev loop with a stack that follows it. */
export interface CloudMode {
  readonly options: DevOptions;
  /** Waits for what is on its way; false when something failed for good. */
  readonly end: () => Promise<boolean>;
  /** Says at the end what the stack's template does not know. */
  readonly tellDrift: () => void;
}

/** Opens the session before anything is built: a stack that may not be touched is told at once. */
export async function openCloudMode(call: Call, options: DevOptions): Promise<CloudMode> {
  const { onEvent } = options;
  const say = (text: string | undefined, name?: string): void => {
    if (text !== undefined) onEvent({ kind: 'notice', name, text });
  };
  let hasFailed = false;
  const session = await openCloudSession(call.host, {
    build: { ...buildOptions(call), only: [] },
    onEvent: (event: CloudEvent) => {
      hasFailed ||= event.kind === 'failed';
      say(cloudText(event));
    },
  });
  let pending: Promise<void> = Promise.resolve();
  let isTailing = false;
  const tail = (): void => {
    const names = session.functions();
    if (isTailing || names.length === 0 || options.isOnce) return;
    isTailing = true;
    void session.tail({
      mayBeLive: call.flag('live'),
      onLines: (lines) => lines.forEach((line) => say(logText(line, { names, paint: call.output.isColoured ? coloured : plain }))),
      onWay: (_, why) => say(why === undefined ? undefined : `logs of the cloud are looked for every second: ${why}`),
    }).catch((error: unknown) => say(`the logs of the cloud cannot be followed: ${error instanceof Error ? error.message : String(error)}`));
  };
  const follow = async (event: Extract<DevEvent, { readonly kind: 'built' }>): Promise<void> => {
    const unbuilt = event.build.functions.filter((fn) => fn.kind === 'unbuilt');
    if (unbuilt.length > 0) {
      hasFailed = true;
      return say(`nothing is sent to ${session.target.stackName} while ${unbuilt.map(({ name }) => name).join(', ')} cannot be built`);
    }
    try {
      await session.update(event.build.report);
      tail();
    } catch (error) {
      if (call.host.signal.aborted) return;
      if (!(error instanceof Failure)) throw error;
      hasFailed = true;
      say(cloudText({ kind: 'failed', name: session.target.stackName, fault: error.fault }));
    }
  };
  return {
    options: {
      ...options,
      // Parameters are those of the stack's profile, here too.
      build: { ...options.build, profile: session.target.profile },
      onEvent: (event) => {
        onEvent(event);
        // One after the other: a template that is being deployed is not compared meanwhile.
        if (event.kind === 'built') pending = pending.then(() => follow(event));
      },
    },
    end: async () => {
      if (call.host.signal.aborted) return true;
      await pending;
      await session.settled();
      return !hasFailed;
    },
    tellDrift: () => {
      const text = driftText({ stack: session.target.stackName, profile: session.target.profile, drift: session.drift() });
      if (text !== undefined) call.output.note(text);
    },
  };
}
