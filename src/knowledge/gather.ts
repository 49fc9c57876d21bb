import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { readTraceRecord, traceRecordFile, type TraceRecord } from '../ffmpeg/trace-record.ts';
import type { Model } from '../model/function.ts';
import type { Project } from '../project/project.ts';
import { imageBuilds } from '../rules/image-build.ts';
import { compileKey, opinionKey, type CompiledRequirements, type Knowledge, type PackageFacts, type PinnedBase, type RequirementsTarget, type Unresolvable } from '../rules/knowledge.ts';
import { namedImages } from '../rules/named-images.ts';
import { compiledFor, projectPath, requirementsUses, type RequirementsUse } from '../rules/requirements-use.ts';
import type { Store } from '../store/store.ts';
import { armWheels } from './arm-wheels.ts';
import { extractedCalls } from './extracted-calls.ts';
import { compileRequirements } from './compile-requirements.ts';
import { explainUnresolvable } from './nearest-resolvable.ts';
import { lintReports } from './lint-templates.ts';
import { packageFacts } from './package-facts.ts';
import { pinnedBase } from './pinned-base.ts';
import { hasUnimported, unusedByDeptry } from './second-opinion.ts';

/** What gathering may do. */
export interface GatherOptions {
  /** For image manifests and wheels: what the build needs anyway. */
  readonly store: Store;
  /** Of an earlier round: kept, and only added to. */
  readonly before?: Knowledge | undefined;
  /** Asks nobody: all that is not known stays so, with this as the reason. */
  readonly isOffline?: boolean;
  /** Runs cfn-lint over templates that the store has no result for, also when asking nobody else. */
  readonly isLinting?: boolean;
  /** Runs iam-policy-autopilot over code that the store has no result for, also when asking nobody else. */
  readonly isExtracting?: boolean;
}

/**
 * Gathers from registries and package indexes what rules need to work out edits. Never fails for a fact that cannot be had:
 * why is kept in `missing`, and the finding stands without an edit.
 */
export async function gatherKnowledge(host: Host, project: Project, model: Model, options: GatherOptions): Promise<Knowledge> {
  const { before, store } = options;
  const facts = {
    bases: new Map<string, PinnedBase>(before?.bases),
    compiled: new Map<string, CompiledRequirements>(before?.compiled),
    unresolvable: new Map<string, Unresolvable>(before?.unresolvable),
    unused: new Map<string, ReadonlySet<string>>(before?.unused),
    packages: new Map<string, PackageFacts>(before?.packages),
    missing: new Map<string, string>(before?.missing),
  };
  const attempt = async (about: string, of: string, work: () => Promise<void>): Promise<Failure | undefined> => {
    if (facts.missing.has(about)) return undefined;
    if (options.isOffline === true) {
      facts.missing.set(about, 'shear was asked to go without the network');
      return undefined;
    }
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      host.signal.throwIfAborted();
      facts.missing.set(about, error.fault.what);
      tellUnasked(host, error, of, facts.missing);
      return error;
    }
    return undefined;
  };
  const bases = basesOf(model).filter(({ reference }) => !facts.bases.has(reference));
  const uses = requirementsUses(project, model);
  await Promise.all([
    ...bases.map(({ reference, architecture }) => attempt(reference, reference, async () => void facts.bases.set(reference, await pinnedBase(host, store, reference, architecture)))),
    ...jobsOf(uses).filter(({ key }) => !facts.compiled.has(key)).map(async ({ key, use, target }) => {
      const failed = await attempt(key, shownPath(project, use), async () => void facts.compiled.set(key, await compileRequirements(host, use, target)));
      if (failed?.fault.code !== 'dependencies/unresolvable') return;
      facts.unresolvable.set(key, await explainUnresolvable(host, use, target, failed.fault.why ?? ''));
    }),
  ]);
  for (const { key, use, target } of jobsOf(uses)) {
    const wanted = [...(facts.compiled.get(key)?.versions ?? [])].filter(([name]) => !facts.packages.has(name));
    if (wanted.length === 0) continue;
    await attempt(`packages of ${key}`, shownPath(project, use), async () => {
      for (const [name, one] of await packageFacts(host, store, new Map(wanted), { target, cwd: dirname(use.source.path) })) facts.packages.set(name, one);
    });
  }
  for (const use of uses) {
    const key = opinionKey(use.source.path, use.source.requirements.source.text);
    const context = { project, model, knowledge: facts };
    if (facts.unused.has(key) || !compiledFor(use, facts) || !hasUnimported(use, context)) continue;
    await attempt(`deptry on ${key}`, shownPath(project, use), async () => void facts.unused.set(key, await unusedByDeptry(host, use, context)));
  }
  const lint = await lintReports(host, project, options, facts.missing);
  const sdkCalls = await extractedCalls(host, project, model, { ...options, missing: facts.missing });
  return { ...facts, lint, sdkCalls, traced: tracedIn(project), armWheels: await armWheels(host, uses, { ...options, before: before?.armWheels, compiled: facts.compiled }) };
}

/** What `shear trace` left in the project's folder; a text that is no record tells nothing. */
function tracedIn({ folder }: Project): TraceRecord {
  const path = join(folder, traceRecordFile);
  return (existsSync(path) ? readTraceRecord(readFileSync(path, 'utf8')) : undefined) ?? {};
}

/** Says once what findings are missing because somebody could not be asked: the same project must not look better for it. */
function tellUnasked(host: Host, { fault }: Failure, of: string, missing: Map<string, string>): void {
  if (!/^(?:network|tool)\/|^registry\/(?:unavailable|unauthorized|rate-limited)$/u.test(fault.code) || missing.has(`told of ${of}`)) return;
  missing.set(`told of ${of}`, fault.what);
  host.emit({ kind: 'warning', text: `${of}: what has to be asked for is left out of the findings and fixes (${fault.what}); run it again when it answers` });
}

function shownPath(project: Project, use: RequirementsUse): string {
  return projectPath(project, use.source.path);
}

/** References that have no digest yet. */
function basesOf(model: Model): readonly { readonly reference: string; readonly architecture: 'x86_64' | 'arm64' }[] {
  const found = new Map<string, 'x86_64' | 'arm64'>();
  for (const build of imageBuilds(model)) {
    const architecture = build.functions[0]?.architecture;
    for (const { reference } of namedImages(build)) {
      if (!reference.includes('@')) found.set(reference, architecture?.kind === 'known' ? architecture.value : 'x86_64');
    }
  }
  return [...found].map(([reference, architecture]) => ({ reference, architecture }));
}

function jobsOf(uses: readonly RequirementsUse[]): readonly { readonly key: string; readonly use: RequirementsUse; readonly target: RequirementsTarget }[] {
  return uses.flatMap((use) => {
    const isPlain = use.source.requirements.lines.every((line) => line.kind === 'requirement' || line.kind === 'comment' || line.kind === 'option');
    return isPlain ? (use.targets ?? []).map((target) => ({ key: compileKey(use.source.requirements.source.text, target), use, target })) : [];
  });
}
