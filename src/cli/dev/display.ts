import type { DevEvent } from '../../session/dev/events.ts';

/** Shows what `shear dev` tells. */
export interface DevDisplay {
  readonly show: (event: DevEvent) => void;
  /** Leaves the terminal as it was. */
  readonly close: () => void;
}
