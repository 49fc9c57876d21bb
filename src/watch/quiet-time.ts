/** Waits until a burst of events is over. */
export interface QuietTime {
  /** Something happened; `size` things in this burst so far. */
  readonly disturb: (size: number) => void;
  /** From now on it is reached again and again by itself. */
  readonly tick: () => void;
  /** True when something happened and it is quiet again, at once where that is so already; false when closed. One waits at a time. */
  readonly reached: () => Promise<boolean>;
  readonly close: () => void;
}

/** Milliseconds without an event after which a save is complete: an editor's writes and renames come within one or two. */
const afterFew = 10;
/** And after which a checkout is. */
const afterMany = 80;
const many = 40;
/** Milliseconds after which it counts as quiet although something writes all the time. */
const longest = 1000;
/** Milliseconds between looks where the system tells of nothing. */
const pause = 500;

/** Starts with nothing to wait for. */
export function createQuietTime(): QuietTime {
  let state: 'idle' | 'noisy' | 'quiet' | 'closed' = 'idle';
  let isTicking = false;
  let timer: NodeJS.Timeout | undefined;
  let began = 0;
  let tell: ((isReached: boolean) => void) | undefined;
  const settle = (): void => {
    if (state === 'closed') return;
    state = 'quiet';
    if (!tell) return;
    state = 'idle';
    const told = tell;
    tell = undefined;
    told(true);
  };
  const settleIn = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(settle, ms);
  };
  return {
    disturb: (size) => {
      if (state === 'closed' || isTicking) return;
      if (state !== 'noisy') began = performance.now();
      state = 'noisy';
      const left = began + longest - performance.now();
      settleIn(Math.max(0, Math.min(size > many ? afterMany : afterFew, left)));
    },
    tick: () => {
      isTicking = true;
      if (tell) settleIn(pause);
    },
    reached: async () => {
      if (state === 'closed') return false;
      if (state === 'quiet') {
        state = 'idle';
        return true;
      }
      if (isTicking) settleIn(pause);
      return await new Promise<boolean>((resolve) => {
        tell = resolve;
      });
    },
    close: () => {
      clearTimeout(timer);
      state = 'closed';
      tell?.(false);
    },
  };
}
