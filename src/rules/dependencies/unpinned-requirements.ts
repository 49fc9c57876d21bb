import type { Edit, Fix } from '../../edits/edit.ts';
import type { RequirementsLine } from '../../syntax/requirements.ts';
import { isExactPin } from '../../syntax/requirements.ts';
import { installFlagSplices } from '../dependency-stage.ts';
import { compileKey, type Knowledge } from '../knowledge.ts';
import { compiledFor, projectPath, type RequirementsUse } from '../requirements-use.ts';
import { defineRule, type Draft, type RuleContext, type RuleDefinition } from '../rule.ts';

type Requirement = RequirementsLine & { readonly kind: 'requirement' };

/** Requirements that install other versions tomorrow, or files that nobody has checked. */
export const unpinnedRequirements: RuleDefinition<'requirements'> = defineRule({
  id: 'dependencies/unpinned-requirements',
  subject: 'requirements',
  title: 'Requirements without versions and hashes',
  severity: 'warning',
  since: '0.1.0',
  status: 'stable',
  safety: 'safe',
  after: ['dependencies/unused-dependency', 'dependencies/development-dependency'],
  *check(use, context) {
    const { lines, source } = use.file.requirements;
    const all = lines.filter((line): line is Requirement => line.kind === 'requirement');
    const wrong = all.filter((line) => line.url === undefined && (!isExactPin(line.specifier) || line.hashes.length === 0));
    const stale = wrong.length === 0 ? staleness(use, all, context.knowledge) : undefined;
    const [first] = wrong;
    if (!first && stale === undefined) return;
    const at = { file: source, span: first?.span ?? { start: 0, end: 0 } };
    yield { message: stale ?? messageFor(wrong, all), at, ...outcome(use, context) };
  },
});

function messageFor(wrong: readonly Requirement[], all: readonly Requirement[]): string {
  const loose = wrong.filter((line) => !isExactPin(line.specifier));
  if (loose.length === 0) return `${wrong.length} of ${all.length} requirements have no hash: an index can serve another file under the same version`;
  return `${loose.length} of ${all.length} requirements leave their version open: each build can install others`;
}

/** How a compiled file and the one that it is made from differ; undefined when they agree as far as is known. */
function staleness(use: RequirementsUse, all: readonly Requirement[], knowledge: Knowledge): string | undefined {
  if (use.source === use.file) return undefined;
  const present = new Set(all.map((line) => line.normalizedName));
  const asked = use.source.requirements.lines.filter((line): line is Requirement => line.kind === 'requirement');
  const missing = asked.find((line) => line.marker === undefined && !present.has(line.normalizedName));
  if (missing) return `${use.source.requirements.source.path} asks for ${missing.name}, which is not here`;
  const compiled = compiledFor(use, knowledge);
  const extra = compiled && all.find((line) => !compiled.versions.has(line.normalizedName));
  return extra && `nothing in ${use.source.requirements.source.path} needs ${extra.name} any more`;
}

function outcome(use: RequirementsUse, context: RuleContext): Pick<Draft, 'fix' | 'advice' | 'asksFirst'> {
  const doubt = doubtOf(use);
  if (doubt !== undefined) return { advice: `${doubt}; compile it by hand (\`uv pip compile --generate-hashes\`)` };
  const compiled = compiledFor(use, context.knowledge);
  if (compiled) return { fix: fixOf(use, compiled.text, context) };
  const [target] = use.targets ?? [];
  const why = target && context.knowledge.missing.get(compileKey(use.source.requirements.source.text, target));
  return { asksFirst: why === undefined, advice: why === undefined ? '`shear fix` compiles it with uv' : `it cannot be compiled now: ${why}` };
}

function doubtOf(use: RequirementsUse): string | undefined {
  if (!/\.txt$/u.test(use.file.path)) return 'its name does not end in .txt';
  if (!use.targets || use.targets.length === 0) return 'for which Python it is installed cannot be told';
  for (const file of new Set([use.file, use.source])) {
    for (const line of file.requirements.lines) {
      if (line.kind === 'include' || line.kind === 'constraint') return `it takes in ${line.path}`;
      if (line.kind === 'editable' || line.kind === 'location' || (line.kind === 'requirement' && line.url !== undefined)) return 'it installs from a folder, repository or address, which has no hash';
    }
  }
  for (const one of use.installations) {
    if (one.kind !== 'image') continue;
    const { effect } = one;
    if (effect.requirements.length > 0 || effect.editables.length > 0) return 'pip installs further packages in the same command, which would then need hashes too';
    if (effect.requirementsFiles.length > 1) return 'pip installs several files in one command';
  }
  return undefined;
}

function fixOf(use: RequirementsUse, compiled: string, { project }: RuleContext): Fix {
  const { source, newline, lines } = use.file.requirements;
  const options = lines.flatMap((line) => (line.kind === 'option' ? [source.text.slice(line.span.start, line.span.end)] : []));
  const mark = source.text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const text = mark + [...options, compiled.trimEnd(), ''].join('\n').replaceAll('\n', newline);
  const edits: Edit[] = [{ kind: 'splice', path: source.path, source, start: 0, end: source.text.length, text }];
  const input = use.file.path.replace(/\.txt$/u, '.in');
  if (use.source === use.file) edits.unshift({ kind: 'create', path: projectPath(project, input), text: source.text });
  for (const one of use.installations) {
    if (one.kind !== 'image') continue;
    const dockerfile = one.build.dockerfile.source;
    const splices = installFlagSplices(one.build, one.step, '--require-hashes', (effect) => effect.span.start === one.effect.span.start && effect.tool === 'pip' && !effect.options.requireHashes) ?? [];
    edits.push(...splices.map((splice): Edit => ({ kind: 'splice', path: dockerfile.path, source: dockerfile, ...splice })));
  }
  const name = projectPath(project, input);
  const title = use.source === use.file ? `keep the names in ${name} and compile them to versions with hashes` : `compile ${name} to versions with hashes`;
  return { title, safety: 'safe', edits };
}
