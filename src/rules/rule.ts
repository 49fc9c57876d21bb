import type { SourceFile, Span } from '../base/source.ts';
import type { Fix, Safety } from '../edits/edit.ts';
import type { LambdaFunction, LambdaLayer, Model } from '../model/function.ts';
import type { Project, SamConfig, TemplateFile } from '../project/project.ts';
import type { ImageBuild } from './image-build.ts';
import type { Knowledge } from './knowledge.ts';
import type { RequirementsUse } from './requirements-use.ts';

/** How much a finding matters. */
export type Severity = 'error' | 'warning' | 'advice';

/** What each kind of rule looks at, one at a time. */
export interface Subjects {
  /** A Dockerfile with its context, and every function that is built from it. */
  readonly dockerfile: ImageBuild;
  readonly function: LambdaFunction;
  readonly layer: LambdaLayer;
  /** A requirements file that a function or Lambda layer installs, and how. */
  readonly requirements: RequirementsUse;
  /** Looked at once, also when there is none. */
  readonly samconfig: SamConfig | undefined;
  readonly template: TemplateFile;
  readonly project: Project;
}

/** What a rule sees besides its subject. Rules read no files and ask nobody. */
export interface RuleContext {
  readonly project: Project;
  readonly model: Model;
  readonly knowledge: Knowledge;
}

/** What something costs. `estimate` where it was not measured on this project; the formula says how it was had. */
export interface Cost {
  readonly kind: 'measured' | 'estimate';
  /** Of the image, the context or the archive. */
  readonly bytes?: number;
  /** Of every build that it concerns. */
  readonly seconds?: number;
  readonly dollarsPerMonth?: number;
  readonly formula: string;
}

/** Something seen in the user's files that a finding rests on. */
export interface Evidence {
  readonly file: SourceFile;
  readonly span: Span;
  readonly text: string;
}

/** What a rule yields: everything about a finding but the rule's own data. */
export interface Draft {
  /** One sentence without full stop: what is wrong with what. */
  readonly message: string;
  readonly at: { readonly file: SourceFile; readonly span: Span };
  /** Instead of the rule's. */
  readonly severity?: Severity;
  readonly cost?: Cost | undefined;
  readonly evidence?: readonly Evidence[];
  /** Absent: advice. */
  readonly fix?: Fix | undefined;
  /** Why there is no edit, or what gets one: a sentence without full stop. */
  readonly advice?: string | undefined;
  /** `fix` asks an index or a registry, which audit does not, and then knows whether it can do something. */
  readonly asksFirst?: boolean;
  /** The rule whose fix has to come first; `fix` carries out both in turn. */
  readonly waitsFor?: string | undefined;
}

/** A rule as it is written: one file. Its page lies beside it under the same name. */
export interface RuleDefinition<S extends keyof Subjects> {
  /** `folder/name`, named after the bad pattern. */
  readonly id: string;
  readonly subject: S;
  /** A few words for tables. */
  readonly title: string;
  readonly severity: Severity;
  /** Version of shear that brought it. */
  readonly since: string;
  readonly status: 'stable' | 'preview';
  /** Of its edits; `manual` for rules that only give advice. */
  readonly safety: Safety;
  /** Looks only when it is named by its id: not everybody wants what it writes. */
  readonly onRequest?: boolean;
  /** Rules whose fixes go before this one's where they touch the same file. */
  readonly after?: readonly string[];
  /** Rules, or folders of rules (`samconfig/`), all of whose fixes go into earlier rounds: this one's edits tell of what those leave. */
  readonly follows?: readonly string[];
  readonly check: (subject: Subjects[S], context: RuleContext) => Iterable<Draft>;
}

/** A rule of any subject. */
export type Rule = { readonly [S in keyof Subjects]: RuleDefinition<S> }[keyof Subjects];

/** Gives a rule its type. */
export function defineRule<S extends keyof Subjects>(rule: RuleDefinition<S>): RuleDefinition<S> {
  return rule;
}

/** The evidence that a range of a file is. */
export function evidence(file: SourceFile, span: Span, text: string): Evidence {
  return { file, span, text };
}
