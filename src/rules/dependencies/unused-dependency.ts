import { codeView, isCompiled, isFrozen, modulesOf, requirementsOf, type CodeView, type Requirement } from '../dependency-use.ts';
import { hiddenUse, unclaimedImports } from '../import-doubts.ts';
import { developmentPackages } from '../known-packages.ts';
import { compileKey, opinionKey } from '../knowledge.ts';
import { nameList } from '../name-list.ts';
import { mayUse, usuallyIndirect, worksUnimported } from '../package-companions.ts';
import { removeLine } from '../requirements-edit.ts';
import { compiledFor, type RequirementsUse } from '../requirements-use.ts';
import { defineRule, evidence, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

/** Packages that are installed and that nothing imports. */
export const unusedDependency: RuleDefinition<'requirements'> = defineRule({
  id: 'dependencies/unused-dependency',
  subject: 'requirements',
  title: 'Dependency that nothing imports',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  *check(use, context) {
    const view = codeView(use, context);
    if (view.sources.length === 0 || isCompiled(use)) return;
    const lines = requirementsOf(use).filter((line) => !developmentPackages.has(line.normalizedName));
    const candidates = lines.filter((line) => isCandidate(line, view, context));
    const doubts = doubtsOf(use, lines, candidates, view, context);
    const { source } = use.source.requirements;
    const advised = new Map<string, Requirement[]>();
    for (const line of candidates) {
      const doubt = doubts.get(line.normalizedName);
      if (doubt === undefined) yield { message: `nothing imports ${line.name}`, at: { file: source, span: line.span }, fix: { title: `take out ${line.name}`, safety: 'safe', edits: [removeLine(use, line)] } };
      else if (doubt.isWorthSaying) advised.set(doubt.why, [...(advised.get(doubt.why) ?? []), line]);
    }
    for (const [why, unsure] of advised) yield* adviceOn(use, unsure, why);
  },
});

interface Doubt {
  readonly why: string;
  /** False where the package is used in a way that imports do not show: nothing to report. */
  readonly isWorthSaying: boolean;
}

function* adviceOn(use: RequirementsUse, lines: readonly Requirement[], why: string): Iterable<Draft> {
  const { source } = use.source.requirements;
  const [first, ...rest] = lines;
  if (!first) return;
  yield {
    message: `no import of ${nameList(lines.map((line) => line.name), { joint: 'or' })} is seen in the code`,
    at: { file: source, span: first.span },
    severity: 'advice',
    asksFirst: why === untold,
    advice: why,
    evidence: rest.map((line) => evidence(source, line.span, line.name)),
  };
}

/** True when no import is seen that could be the package's. */
function isCandidate(line: Requirement, view: CodeView, context: RuleContext): boolean {
  const modules = modulesOf(line.normalizedName, context);
  if (modules) return !modules.some((module) => view.imported.has(module));
  const imported = new Set([...view.imported].map((module) => module.toLowerCase()));
  return !guesses(line.normalizedName).some((module) => imported.has(module));
}

/** What a package is imported by when nothing else is known: its name, and parts of it. */
function guesses(name: string): readonly string[] {
  const plain = name.replace(/-/gu, '_');
  const parts = plain.split('_').filter((part) => part.length > 2 && part !== 'python');
  return [plain, plain.replaceAll('_', ''), plain.replace(/^(?:python|py)_?/u, ''), plain.replace(/_?(?:python|py|lib|sdk)\d?$/u, ''), plain.replace(/\d+$/u, ''), ...parts].filter((one) => one !== '');
}

/** Why each candidate stays, settled together: what a package that stays may use stays as well. */
function doubtsOf(use: RequirementsUse, lines: readonly Requirement[], candidates: readonly Requirement[], view: CodeView, context: RuleContext): ReadonlyMap<string, Doubt> {
  const doubts = new Map<string, Doubt>();
  const installed = compiledFor(use, context.knowledge)?.versions ?? new Map<string, string>();
  const hidden = hiddenUse(view);
  const unclaimed = unclaimedImports(lines, view, context);
  for (const line of candidates) {
    const name = line.normalizedName;
    const brings = closure([name], installed, context);
    const borrowed = unclaimed.find(({ providers }) => providers.length === 0 || providers.some((provider) => brings.has(provider)));
    // An import that nobody can place may well be this package's: then there is nothing to say.
    const isQuiet = hidden !== undefined || (borrowed?.providers.length === 0 && modulesOf(name, context) === undefined);
    const doubt = ownDoubt(use, line, view, context)
      ?? (hidden === undefined ? undefined : { why: hidden, isWorthSaying: false })
      ?? (borrowed && { why: `the code imports ${borrowed.module}, which ${borrowed.providers.length === 0 ? 'no requirement is known to bring' : 'it brings'}`, isWorthSaying: true });
    if (doubt) doubts.set(name, isQuiet ? { ...doubt, isWorthSaying: false } : doubt);
  }
  for (let grown = true; grown; ) {
    grown = false;
    const kept = closure(lines.map((line) => line.normalizedName).filter((name) => doubts.has(name) || !candidates.some((line) => line.normalizedName === name)), installed, context);
    for (const { normalizedName: name } of candidates) {
      if (doubts.get(name)?.isWorthSaying === false) continue;
      const user = [...kept].find((other) => other !== name && uses(other, name, context));
      const unknown = doubts.has(name) ? undefined : [...kept].find((other) => !context.knowledge.packages.has(other));
      if (user === undefined && unknown === undefined) continue;
      doubts.set(name, user === undefined ? { why: `what ${unknown ?? ''} uses is not known`, isWorthSaying: true } : { why: `${user} may use it`, isWorthSaying: false });
      grown = true;
    }
  }
  return doubts;
}

function uses(user: string, name: string, { knowledge }: RuleContext): boolean {
  const facts = knowledge.packages.get(user);
  return mayUse(user, name) || facts?.requires.includes(name) === true || facts?.extras.includes(name) === true;
}

/** Packages with all that they need, as far as it is installed: markers leave some out. */
function closure(names: readonly string[], installed: ReadonlyMap<string, string>, { knowledge }: RuleContext): ReadonlySet<string> {
  const all = new Set(names);
  for (const name of all) for (const needed of knowledge.packages.get(name)?.requires ?? []) if (installed.has(needed)) all.add(needed);
  return all;
}

/** Nobody has asked the index yet. */
const untold = '`shear fix` looks into the package, and takes it out when nothing can use it';

function whyUnknown(use: RequirementsUse, { knowledge: { missing } }: RuleContext): string {
  const isPlain = use.source.requirements.lines.every((line) => line.kind === 'requirement' || line.kind === 'comment' || line.kind === 'option');
  if (!isPlain) return 'the file takes in others or folders, which may need it';
  const keys = (use.targets ?? []).map((target) => compileKey(use.source.requirements.source.text, target));
  const why = keys.map((key) => missing.get(key) ?? missing.get(`packages of ${key}`)).find((one) => one !== undefined);
  return why === undefined ? untold : `what is in the package could not be learnt: ${why}`;
}

/** True for a line below a comment that stands over nothing else; one over several lines is a heading. */
function hasOwnComment(use: RequirementsUse, line: Requirement): boolean {
  const { lines, source } = use.source.requirements;
  const at = lines.indexOf(line);
  const [before, after] = [lines[at - 1], lines[at + 1]];
  const isNext = (from: number, to: number): boolean => !/\n[^\S\n]*\r?\n/u.test(source.text.slice(from, to));
  if (before?.kind !== 'comment' || !isNext(before.span.end, line.span.start)) return false;
  return after?.kind !== 'requirement' || !isNext(line.span.end, after.span.start);
}

function ownDoubt(use: RequirementsUse, line: Requirement, view: CodeView, context: RuleContext): Doubt | undefined {
  const name = line.normalizedName;
  const modules = modulesOf(name, context);
  const names = [...new Set([name, name.replace(/-/gu, '_'), ...(modules ?? guesses(name).slice(0, 1))])];
  const facts = context.knowledge.packages.get(name);
  const say = (why: string): Doubt => ({ why, isWorthSaying: true });
  const hush = (why: string): Doubt => ({ why, isWorthSaying: false });
  const namings = names.map((one) => view.naming(one));
  if (namings.includes('reference')) return hush('it is named where it may be started or loaded');
  if (worksUnimported(name)) return hush('it works without being imported');
  if (!facts && (isFrozen(use) || usuallyIndirect.has(name)) && requirementsOf(use).length > 1) return hush('another package may need it');
  if (use.installations.some((one) => one.kind === 'layer')) return say('it is in a Lambda layer, which functions of other stacks can use as well');
  if (view.unseen !== undefined) return say(view.unseen);
  if (view.dynamic) return say(`${view.dynamic.path} ${view.dynamic.why}`);
  if (namings.includes('prose')) return say('its name stands in a text of the code');
  if (line.comment !== undefined || hasOwnComment(use, line)) return say('its comment may tell what it is for');
  if (line.url !== undefined || line.marker !== undefined) return say('it is asked for from an address or for some machines only');
  if (!facts) return say(whyUnknown(use, context));
  if (facts.isPlugin) return say('it registers itself with other packages');
  if (facts.modules.length === 0) return say('it has no modules of its own, and may be there for what it brings');
  if (!compiledFor(use, context.knowledge)) return say('which packages need it is not known');
  const { path, requirements } = use.source;
  if (context.knowledge.unused.get(opinionKey(path, requirements.source.text))?.has(name) === false) return say('deptry sees a use of it');
  return undefined;
}
