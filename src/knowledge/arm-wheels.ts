import { keyOf } from '../base/digest.ts';
import { Failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { compileKey, type CompiledRequirements, type RequirementsTarget } from '../rules/knowledge.ts';
import type { RequirementsUse } from '../rules/requirements-use.ts';
import type { Store } from '../store/store.ts';
import { compileRequirements } from './compile-requirements.ts';

/** What is asked, and where answers are kept. */
export interface ArmWheelsOptions {
  readonly store: Store;
  readonly isOffline?: boolean;
  /** Of an earlier round. */
  readonly before: Readonly<Record<string, boolean>> | undefined;
  readonly compiled: ReadonlyMap<string, CompiledRequirements>;
}

/**
 * Whether requirements that are installed for x86_64 from wheels alone could be so for arm64, by the compile key for x86_64. The answer is
 * kept in the store, so that an audit, which asks nobody, knows it as long as the requirements stay.
 */
export async function armWheels(host: Host, uses: readonly RequirementsUse[], options: ArmWheelsOptions): Promise<Readonly<Record<string, boolean>>> {
  const answers = new Map(Object.entries(options.before ?? {}));
  const targets = uses.flatMap((use) => (use.targets ?? []).filter(({ architecture }) => architecture === 'x86_64').map((target) => ({ use, target })));
  await Promise.all(targets.map(async ({ use, target }) => {
    const key = compileKey(use.source.requirements.source.text, target);
    if (answers.has(key)) return;
    const record = keyOf({ kind: 'arm-wheels', key });
    const kept = options.store.getRecord(record)?.data;
    if (typeof kept === 'boolean') {
      answers.set(key, kept);
    } else if (options.isOffline !== true && options.compiled.get(key)?.isWheelsOnly === true) {
      const isThere = await hasWheels(host, use, { ...target, architecture: 'arm64' });
      if (isThere === undefined) return;
      answers.set(key, isThere);
      options.store.putRecord(record, { blobs: [], data: isThere });
    }
  }));
  return Object.fromEntries(answers);
}

/** Undefined where it cannot be told now. */
async function hasWheels(host: Host, use: RequirementsUse, target: RequirementsTarget): Promise<boolean | undefined> {
  try {
    return (await compileRequirements(host, use, target)).isWheelsOnly;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    host.signal.throwIfAborted();
    if (error.fault.code === 'network/unreachable') host.emit({ kind: 'warning', text: `whether there are wheels for arm64 is left out of the findings: ${error.fault.what}` });
    return error.fault.code === 'dependencies/unresolvable' ? false : undefined;
  }
}
