import { codeView, isCompiled, modulesOf, requirementsOf, type CodeView, type Requirement } from '../dependency-use.ts';
import { developmentPackages } from '../known-packages.ts';
import { removeLine } from '../requirements-edit.ts';
import { compiledFor, type RequirementsUse } from '../requirements-use.ts';
import { defineRule, type RuleContext, type RuleDefinition } from '../rule.ts';

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
    for (const line of candidates) {
      const at = { file: use.source.requirements.source, span: line.span };
      const message = `nothing imports ${line.name}`;
      const doubt = doubts.get(line.normalizedName);
      if (doubt === undefined) yield { message, at, fix: { title: `take out ${line.name}`, safety: 'safe', edits: [removeLine(use, line)] } };
      else if (doubt.isWorthSaying) yield { message, at, severity: 'advice', advice: `${doubt.why}; it stays` };
    }
  },
});

interface Doubt {
  readonly why: string;
  /** False where the package is used in a way that imports do not show: nothing to report. */
  readonly isWorthSaying: boolean;
}

/** True when no import is seen that could be the package's. */
function isCandidate(line: Requirement, view: CodeView, context: RuleContext): boolean {
  const modules = modulesOf(line.normalizedName, context) ?? guesses(line.normalizedName);
  return !modules.some((module) => view.imported.has(module));
}

/** What a package is imported by when nothing else is known: its name, and parts of it. */
function guesses(name: string): readonly string[] {
  const plain = name.replace(/-/gu, '_');
  return [plain, plain.replace(/^(?:python|py)_?/u, ''), plain.replace(/_?(?:python|py)$/u, ''), plain.split('_')[0] ?? plain].filter((one) => one !== '');
}

/** Why each candidate stays, settled together: what a package that stays may use stays as well. */
function doubtsOf(use: RequirementsUse, lines: readonly Requirement[], candidates: readonly Requirement[], view: CodeView, context: RuleContext): ReadonlyMap<string, Doubt> {
  const doubts = new Map<string, Doubt>();
  for (const line of candidates) {
    const doubt = ownDoubt(use, line, view, context);
    if (doubt) doubts.set(line.normalizedName, doubt);
  }
  const installed = compiledFor(use, context.knowledge)?.versions ?? new Map<string, string>();
  for (let grown = true; grown; ) {
    grown = false;
    const kept = closure(lines.map((line) => line.normalizedName).filter((name) => doubts.has(name) || !candidates.some((line) => line.normalizedName === name)), installed, context);
    for (const { normalizedName: name } of candidates) {
      if (doubts.has(name)) continue;
      const unknown = [...kept].find((other) => !context.knowledge.packages.has(other));
      const user = [...kept].find((other) => context.knowledge.packages.get(other)?.requires.includes(name) === true || context.knowledge.packages.get(other)?.extras.includes(name) === true);
      if (user === undefined && unknown === undefined) continue;
      doubts.set(name, user === undefined ? { why: `what ${unknown ?? ''} uses is not known`, isWorthSaying: true } : { why: `${user} may use it`, isWorthSaying: false });
      grown = true;
    }
  }
  return doubts;
}

/** Packages with all that they need, as far as it is installed: markers leave some out. */
function closure(names: readonly string[], installed: ReadonlyMap<string, string>, { knowledge }: RuleContext): ReadonlySet<string> {
  const all = new Set(names);
  for (const name of all) for (const needed of knowledge.packages.get(name)?.requires ?? []) if (installed.has(needed)) all.add(needed);
  return all;
}

function ownDoubt(use: RequirementsUse, line: Requirement, view: CodeView, context: RuleContext): Doubt | undefined {
  const name = line.normalizedName;
  const modules = modulesOf(name, context);
  const names = [...new Set([name, name.replace(/-/gu, '_'), ...(modules ?? guesses(name).slice(0, 1))])];
  const facts = context.knowledge.packages.get(name);
  const say = (why: string): Doubt => ({ why, isWorthSaying: true });
  if (names.some((one) => view.isNamed(one))) return { why: 'it is named where it may be started or loaded', isWorthSaying: false };
  if (view.dynamic) return say(`${view.dynamic.path} imports modules by names that are not in its text (${view.dynamic.why})`);
  if (line.comment !== undefined) return say('its comment may tell what it is for');
  if (line.url !== undefined || line.marker !== undefined) return say('it is asked for from an address or for some machines only');
  if (!facts) return say('by which names it is imported is not known; `shear fix` looks into the package');
  if (facts.isPlugin) return say('it registers itself with other packages');
  if (facts.modules.length === 0) return say('it has no modules of its own, and may be there for what it brings');
  if (!compiledFor(use, context.knowledge)) return say('which packages need it is not known');
  return undefined;
}
