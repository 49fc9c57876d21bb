import type { Architecture } from '../base/host.ts';
import type { TraceRecord } from '../ffmpeg/trace-record.ts';
import type { ExtractedCall } from '../iam/need.ts';
import type { PythonVersion } from '../model/function.ts';

/** A base image as a registry knows it. */
export interface PinnedBase {
  /** What FROM shall name: of the index where there is one, so that every architecture goes on working. */
  readonly digest: string;
  /** A tag with a version for the same image, where the reference has none or `latest`. */
  readonly versionTag: string | undefined;
  /** The image layout that stands in for the registry, where that told the digest: the registry itself was not asked. */
  readonly mirror?: string;
}

/** Which packages a function's machine takes. */
export interface RequirementsTarget {
  readonly python: PythonVersion;
  readonly architecture: Architecture;
  readonly glibc: readonly [major: number, minor: number];
}

/** Requirements with all that they need, at one version each, with hashes. */
export interface CompiledRequirements {
  /** The file's text, without a header. */
  readonly text: string;
  /** Every package by normalised name, with its version. */
  readonly versions: ReadonlyMap<string, string>;
  /** False when some package has no wheel for the target and must be compiled. */
  readonly isWheelsOnly: boolean;
  /** Normalised names of packages that come as sources alone, as far as the resolver names them. */
  readonly sourceOnly?: readonly string[];
}

/** Why requirements cannot be resolved, and what could. */
export interface Unresolvable {
  /** A sentence or two without full stop. */
  readonly why: string;
  /** Normalised names of the file's own requirements that the reason names, in its order. */
  readonly concerned: readonly string[];
  /** The fewest lines to change so that the file resolves; undefined when none was found. */
  readonly proposal: readonly { readonly name: string; readonly from: string; readonly to: string }[] | undefined;
}

/** What is known of a package beyond its name. */
export interface PackageFacts {
  /** Of its files, unpacked, without bytecode; absent where the wheel was not at hand. */
  readonly bytes?: number;
  /** Unpacked bytes of what runs do not need, by kind: `tests`, `type stubs`, `headers`, `documentation`. */
  readonly unread?: Readonly<Record<string, number>>;
  /** Names that it is imported by. */
  readonly modules: readonly string[];
  /** Registers itself with other packages (entry points), so that nobody need import it. */
  readonly isPlugin: boolean;
  /** Normalised names that it needs. */
  readonly requires: readonly string[];
  /** Normalised names that it uses when they are there: its extras. */
  readonly extras: readonly string[];
}

/** What cfn-lint said of a template. */
export interface LintReport {
  /** Of cfn-lint. */
  readonly version: string;
  readonly matches: readonly LintMatch[];
}

/** One remark of cfn-lint's; lines and columns count from 1, the end is exclusive. */
export interface LintMatch {
  /** `E3002`, `W2001`, … */
  readonly rule: string;
  readonly level: 'error' | 'warning' | 'informational';
  readonly message: string;
  readonly start: { readonly line: number; readonly column: number };
  readonly end: { readonly line: number; readonly column: number };
}

/** What rules cannot see in the project, gathered beforehand. A fact that is not there is not known. */
export interface Knowledge {
  /** By reference as FROM has it, variables filled in. */
  readonly bases: ReadonlyMap<string, PinnedBase>;
  /** By `compileKey`. */
  readonly compiled: ReadonlyMap<string, CompiledRequirements>;
  /** By `compileKey`. */
  readonly unresolvable: ReadonlyMap<string, Unresolvable>;
  /** Normalised names that deptry takes for unused, by `opinionKey`; absent where it was not asked. */
  readonly unused: ReadonlyMap<string, ReadonlySet<string>>;
  /** By normalised name. */
  readonly packages: ReadonlyMap<string, PackageFacts>;
  /** Whether what is compiled for x86_64 could be had from wheels alone for arm64; by `compileKey`. */
  readonly armWheels?: Readonly<Record<string, boolean>>;
  /** Calls that iam-policy-autopilot sees in a function's code, by the function's full path; absent where it has not looked at that code. */
  readonly sdkCalls?: Readonly<Record<string, readonly ExtractedCall[]>>;
  /** By the path of the template as shown to the user; absent for a text that cfn-lint has not seen. */
  readonly lint?: Readonly<Record<string, LintReport>>;
  /** What functions were seen to start ffmpeg with, as shear.trace.json has it. */
  readonly traced?: TraceRecord;
  /** Why a fact could not be had, by what it is about (a reference, a compile key, a package). */
  readonly missing: ReadonlyMap<string, string>;
}

/** Knowing nothing: every finding that needs more stands without an edit. */
export const noKnowledge: Knowledge = { bases: new Map(), compiled: new Map(), unresolvable: new Map(), unused: new Map(), packages: new Map(), missing: new Map() };

/** Names the compilation of a text for a target. */
export function compileKey(text: string, target: RequirementsTarget): string {
  return `${target.python.major}.${target.python.minor} ${target.architecture} ${target.glibc.join('.')}\n${text}`;
}

/** Names what another tool makes of a requirements file (its path and text) and the code that it serves. */
export function opinionKey(path: string, text: string): string {
  return `${path}\n${text}`;
}
