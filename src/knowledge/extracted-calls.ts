import { join } from 'node:path';
import { keyOf, type Canonical } from '../base/digest.ts';
import { Failure, failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { usageOf } from '../iam/function-usage.ts';
import type { ExtractedCall, Usage } from '../iam/need.ts';
import type { LambdaFunction, Model } from '../model/function.ts';
import type { Project } from '../project/project.ts';
import type { Store } from '../store/store.ts';
import { runTool, type Tool } from '../tools/find-tool.ts';
import { provideTool } from '../tools/provide-tool.ts';

/** What extracting may do, and where it says why it could not. */
interface Extracting {
  readonly store: Store;
  readonly isExtracting?: boolean;
  readonly missing: Map<string, string>;
}

/**
 * The calls that iam-policy-autopilot sees in the code of each function, by the function's full path. Its result is kept in the store
 * under the texts that it read; without `isExtracting` only such a result serves. Never fails: why it did not run is put into `missing`.
 */
export async function extractedCalls(host: Host, project: Project, model: Model, { store, isExtracting, missing }: Extracting): Promise<Readonly<Record<string, readonly ExtractedCall[]>>> {
  // Reading all code takes a while where no result can be in the store.
  if (isExtracting !== true && !store.getRecord(everUsed)) return {};
  const found: [string, readonly ExtractedCall[]][] = [];
  try {
    const tool = isExtracting === true ? await provideTool(host, 'iam-policy-autopilot') : undefined;
    for (const subject of model.functions.filter(hasPermissions)) {
      const usage = usageOf(subject, project, model);
      if (usage.services.length === 0 || usage.files.length === 0) continue;
      const key = keyOf({ kind: 'sdk-calls', services: usage.services.toSorted(), texts: usage.files.map(({ text }) => text) });
      const kept = callsIn(store.getRecord(key)?.data);
      const calls = kept ?? (tool && (await extract(host, tool, project, usage)));
      if (!calls) continue;
      if (!kept) for (const one of [key, everUsed]) store.putRecord(one, { blobs: [], data: calls as unknown as Canonical });
      found.push([subject.fullPath, calls]);
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    host.signal.throwIfAborted();
    missing.set('iam-policy-autopilot', error.fault.what);
  }
  return Object.fromEntries(found);
}

/** The record that tells that the program was run on this machine before. */
const everUsed = keyOf({ kind: 'sdk-calls-used' });

function hasPermissions(subject: LambdaFunction): boolean {
  return subject.property('Policies') !== undefined || subject.property('Role') !== undefined;
}

/** As the program calls them; it does not know every ending by itself. */
const languages: readonly (readonly [language: string, ending: RegExp])[] = [['python', /\.py$/u], ['javascript', /\.[cm]?jsx?$/u], ['typescript', /\.[cm]?tsx?$/u]];

/** One run for each language: the program takes files of one alone. Inline code lies in no file. */
async function extract(host: Host, tool: Tool, project: Project, { files, services }: Usage): Promise<readonly ExtractedCall[]> {
  const calls: ExtractedCall[] = [];
  for (const [language, ending] of languages) {
    const paths = files.map(({ path }) => join(project.folder, path)).filter((path) => ending.test(path) && !path.includes(' ('));
    if (paths.length === 0) continue;
    const result = await runTool(host, tool, ['extract-sdk-calls', ...paths, '--language', language, '--service-hints', ...services], { cwd: project.folder, env: { DISABLE_IAM_POLICY_AUTOPILOT_TELEMETRY: 'true' }, timeout: 300_000 });
    const found = result.code === 0 ? callsIn(parsed(result.stdout)) : undefined;
    if (!found) throw failure('tool/failed', `iam-policy-autopilot ${tool.version} gave no answer that can be read`, { why: (result.stderr || result.stdout).trim().slice(-500) });
    calls.push(...found);
  }
  return calls;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As the program prints them (`Name`, `PossibleServices`) or as the store keeps them. */
function callsIn(json: unknown): readonly ExtractedCall[] | undefined {
  if (!Array.isArray(json)) return undefined;
  return json.flatMap((one: unknown): readonly ExtractedCall[] => {
    if (typeof one !== 'object' || one === null) return [];
    const { Name, PossibleServices, name = Name, services = PossibleServices } = one as Readonly<Record<string, unknown>>;
    return typeof name === 'string' && Array.isArray(services) ? [{ name, services: services.filter((service) => typeof service === 'string') }] : [];
  });
}
