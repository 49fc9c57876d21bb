import type { LayerRole } from './plan.ts';

/** What a build made of one function or Lambda layer; the JSON contract of `build --json`. */
export interface FunctionReport {
  /** Logical ID, `Nested/Fn` for a nested one. */
  readonly name: string;
  readonly package: 'image' | 'zip' | 'layer';
  readonly image?: {
    readonly digest: string;
    readonly layers: readonly { readonly role: LayerRole; readonly digest: string; readonly size: number }[];
    /** OCI layout folder, relative to the project. */
    readonly layout?: string;
    /** `docker load`-able file, relative to the project. */
    readonly archive?: string;
    /** Name in the local Docker engine. */
    readonly tag?: string;
  };
  readonly zip?: { readonly path: string; readonly size: number; readonly sha256: string };
  /** Who made it: shear, a Docker engine's BuildKit, or sam. */
  readonly engine: 'native' | 'buildkit' | 'sam';
  readonly cached: boolean;
  /** Milliseconds of its steps. */
  readonly ms: number;
}

/** What a build made. */
export interface BuildReport {
  readonly schema: 1;
  readonly functions: readonly FunctionReport[];
  readonly steps: readonly { readonly label: string; readonly ms: number; readonly cached: boolean }[];
  /** Absolute path of the template that sam reads. */
  readonly template: string;
  readonly notes: readonly string[];
  /** True when nothing had to be done. */
  readonly unchanged: boolean;
  /** Milliseconds. */
  readonly ms: number;
}
