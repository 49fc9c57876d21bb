import type { Place } from './source.ts';

/** Everything that can happen during a run. Renderers fold over these; nothing else prints. */
export type Event =
  | {
      readonly kind: 'step-started';
      /** Unique within the run. */
      readonly id: string;
      readonly label: string;
    }
  | {
      readonly kind: 'step-finished';
      readonly id: string;
      readonly label: string;
      /** True when the result came out of the store. */
      readonly cached: boolean;
      readonly ms: number;
    }
  | {
      readonly kind: 'transfer';
      readonly id: string;
      readonly label: string;
      readonly direction: 'download' | 'upload';
      readonly bytes: number;
      /** Absent when the other side does not say. */
      readonly total?: number;
    }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'warning'; readonly text: string; readonly place?: Place };

/** Takes an event; must not throw. */
export type Emit = (event: Event) => void;
