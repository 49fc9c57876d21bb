import type { Place } from '../../src/base/source.ts';
import type { Safety } from '../../src/edits/edit.ts';
import type { Severity } from '../../src/rules/rule.ts';

/** One template of the corpus, to be audited as the root of a project. */
export interface Target {
  /** The name of the folder of repositories that it is below: `known`. */
  readonly list: string;
  /** As shown: `owner/name`, or the folder's own name. */
  readonly repository: string;
  readonly commit: string | undefined;
  /** Absolute folder that holds everything that the project may reach with `../`. */
  readonly root: string;
  /** Absolute folder of the template. */
  readonly folder: string;
  /** The template's name in its folder. */
  readonly template: string;
}

/** A finding, without what only a terminal needs. */
export interface FoundHere {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly place: Place;
  readonly excerpt: string;
  readonly fixable: boolean;
  readonly safety: Safety | undefined;
  readonly advice: string | undefined;
}

/** An expected failure, as the command line would print it. */
export interface FaultHere {
  readonly code: string;
  readonly what: string;
  readonly place: Place | undefined;
}

/** What a template came to. */
export type Outcome =
  | {
      readonly kind: 'audited';
      readonly ms: number;
      readonly functions: number;
      readonly findings: readonly FoundHere[];
      /** The rule of each finding that `fix` does something about once registries and package indexes are asked. */
      readonly fixableOnceKnown: readonly string[];
      readonly remarks: readonly string[];
      /** Of files that could not be read but do not stop the rest. */
      readonly faults: readonly FaultHere[];
      /** The rule of each finding that `fix --yes` takes care of, once registries and package indexes are asked; undefined when nobody counted. */
      readonly fixedByYes: readonly string[] | undefined;
      /** What went wrong with a fix; absent when none was tried. */
      readonly fix: FixOutcome | undefined;
    }
  | { readonly kind: 'fault'; readonly ms: number; readonly fault: FaultHere }
  /** A defect of shear's: something was thrown that is no fault. */
  | { readonly kind: 'crash'; readonly ms: number; readonly error: string }
  | { readonly kind: 'hang'; readonly ms: number };

/** What fixing a copy came to. */
export interface FixOutcome {
  readonly applied: readonly string[];
  readonly files: number;
  /** Sentences: what broke a promise of `fix`. */
  readonly broken: readonly string[];
}

/** A target with its outcome. */
export interface Row {
  readonly target: Target;
  readonly outcome: Outcome;
}

/** What the children are asked. */
export interface Job {
  readonly number: number;
  readonly target: Target;
  /** Count what `fix --yes` takes care of. */
  readonly count: boolean;
  /** Fix a copy as well. */
  readonly fix: boolean;
  /** The Python of the installation of sam, whose linter is asked; undefined for no linting. */
  readonly python: string | undefined;
}

/** What a child answers. */
export interface Answer {
  readonly number: number;
  readonly outcome: Outcome;
}
