import type { SourceFile, Span } from '../base/source.ts';

/** What the code names a resource by: an environment variable's value, or a text. */
export type NamedBy =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string };

/** Somewhere in the code. */
export interface CodePlace {
  readonly file: SourceFile;
  readonly span: Span;
}

/** An IAM action that code needs, and on what. */
export interface Need {
  /** `s3:GetObject`. */
  readonly action: string;
  /** What it acts on, by parameter kind; undefined when that cannot be told from the code. */
  readonly on: readonly NamedBy[] | undefined;
  /** What of a bucket, table and so on: `object`, `bucket`, `index`, …; `any` for actions without a resource. */
  readonly part: Part;
  /** The first call that needs it. */
  readonly at: CodePlace;
  /** The call as it is written: `get_object`. */
  readonly call: string;
}

/** Which ARN of a resource an action takes. */
export type Part = 'bucket' | 'object' | 'table' | 'index' | 'queue' | 'topic' | 'secret' | 'parameter' | 'function' | 'stateMachine' | 'stream' | 'deliveryStream' | 'key' | 'userPool' | 'unknown' | 'any';

/** Why what a service's permissions are needed for cannot be told. */
export interface Doubt {
  /** Service prefixes; `*` for all. */
  readonly services: readonly string[];
  readonly why: string;
  readonly at: CodePlace | undefined;
}

/** A call that another program found: an operation by name, and boto3's names of the services that it may be one of. */
export interface ExtractedCall {
  readonly name: string;
  readonly services: readonly string[];
}

/** What code asks of AWS: everything that it may call, or a doubt. Calls are listed generously: never one too few. */
export interface Usage {
  readonly needs: readonly Need[];
  readonly doubts: readonly Doubt[];
  /** boto3's names of the services that clients are made of. */
  readonly services: readonly string[];
  /** The files that were read. */
  readonly files: readonly SourceFile[];
}
