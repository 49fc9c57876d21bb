import type { Edit } from '../../edits/edit.ts';
import { requirementsOf, type Requirement } from '../dependency-use.ts';
import { compileKey, type RequirementsTarget, type Unresolvable } from '../knowledge.ts';
import { removeLine } from '../requirements-edit.ts';
import type { RequirementsUse } from '../requirements-use.ts';
import { defineRule, evidence, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';
import { replacementOf } from '../withdrawn-packages.ts';

/** Requirements that no set of packages meets any more. */
export const unresolvableRequirements: RuleDefinition<'requirements'> = defineRule({
  id: 'dependencies/unresolvable-requirements',
  subject: 'requirements',
  title: 'Requirements that cannot be resolved',
  severity: 'error',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  *check(use, context) {
    const withdrawn = requirementsOf(use).filter((line) => isWithdrawn(line));
    for (const line of withdrawn) yield draftOnWithdrawn(use, line);
    const known = unresolvableFor(use, context);
    // Until the withdrawn name is replaced, what else is wrong cannot be told apart from it.
    if (!known || (withdrawn.length > 0 && known.unresolvable.concerned.every((name) => withdrawn.some((line) => line.normalizedName === name)))) return;
    yield draftOnConflict(use, known);
  },
});

/** An exact old version of a withdrawn name can still be there. */
function isWithdrawn(line: Requirement): boolean {
  return replacementOf(line.normalizedName) !== undefined && line.url === undefined && !line.specifier.startsWith('==');
}

function draftOnWithdrawn(use: RequirementsUse, line: Requirement): Draft {
  const other = replacementOf(line.normalizedName) ?? '';
  const { source } = use.source.requirements;
  const isThere = requirementsOf(use).some((one) => one.normalizedName === other);
  const start = line.span.start;
  const edit: Edit = isThere ? removeLine(use, line) : { kind: 'splice', path: source.path, source, start, end: start + line.name.length, text: other };
  return {
    message: `${line.name} was withdrawn from PyPI: installing it fails; the package is ${other}`,
    at: { file: source, span: line.span },
    fix: line.specifier === '' || isThere ? { title: isThere ? `take out ${line.name}: ${other} is there` : `ask for ${other}`, safety: 'safe', edits: [edit] } : undefined,
    advice: `ask for ${other}; its versions are others`,
  };
}

interface KnownConflict {
  readonly target: RequirementsTarget;
  readonly unresolvable: Unresolvable;
}

function unresolvableFor(use: RequirementsUse, { knowledge }: RuleContext): KnownConflict | undefined {
  for (const target of use.targets ?? []) {
    const unresolvable = knowledge.unresolvable.get(compileKey(use.source.requirements.source.text, target));
    if (unresolvable) return { target, unresolvable };
  }
  return undefined;
}

function draftOnConflict(use: RequirementsUse, { target, unresolvable }: KnownConflict): Draft {
  const { source } = use.source.requirements;
  const { why, concerned, proposal } = unresolvable;
  const named = concerned.flatMap((name) => requirementsOf(use).find((line) => line.normalizedName === name) ?? []);
  const [first, ...rest] = named;
  const python = `${target.python.major}.${target.python.minor}`;
  const changes = (proposal ?? []).map(({ from, to }) => `${to} instead of ${from}`);
  return {
    message: `this cannot be installed for Python ${python}: ${why}`,
    at: { file: source, span: first?.span ?? requirementsOf(use)[0]?.span ?? { start: 0, end: 0 } },
    evidence: rest.map((line) => evidence(source, line.span, `${line.name}${line.specifier}`)),
    advice: changes.length > 0 ? `the nearest set that can be installed: ${changes.join(', ')}; the rest as it is` : 'no set near this one was found: name other versions of the packages above, or another Python',
  };
}
