/** Lets through at once while open, and all that wait when it opens. */
export interface Gate {
  readonly open: () => void;
  readonly shut: () => void;
  readonly passed: () => Promise<void>;
}

/** A gate that is shut. */
export function createGate(): Gate {
  let isOpen = false;
  let waiting: (() => void)[] = [];
  return {
    open: () => {
      isOpen = true;
      for (const pass of waiting) pass();
      waiting = [];
    },
    shut: () => {
      isOpen = false;
    },
    passed: async () => {
      if (!isOpen) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}
