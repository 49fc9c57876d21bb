import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyOf, type Canonical, type NodeKey } from '../base/digest.ts';
import { Failure, failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { Project, TemplateFile } from '../project/project.ts';
import type { LintMatch, LintReport } from '../rules/knowledge.ts';
import type { Store } from '../store/store.ts';
import { runTool, type Tool } from '../tools/find-tool.ts';
import { provideTool } from '../tools/provide-tool.ts';

/** More remarks than anybody reads of one template. */
const mostMatches = 200;

/** Files of the user's that change what cfn-lint says. Source: cfn-lint's README, "Config File". */
const settingsFiles: readonly string[] = ['.cfnlintrc', '.cfnlintrc.yaml', '.cfnlintrc.yml'];

/**
 * What cfn-lint says of each template, by the template's path. A run takes a second or two, so that its result is kept in the store under
 * the texts of template and settings; without `isLinting` only such a result serves. Never fails: why it did not run is put into `missing`.
 */
export async function lintReports(host: Host, project: Project, options: { readonly store: Store; readonly isLinting?: boolean }, missing: Map<string, string>): Promise<Readonly<Record<string, LintReport>>> {
  const settings = settingsFiles.map((name) => join(project.folder, name)).filter((path) => existsSync(path)).map((path) => readFileSync(path, 'utf8'));
  const templates = new Map(project.templates.map((template) => [template.path, template]));
  const reports: [string, LintReport][] = [];
  let tool: Tool | undefined;
  try {
    tool = options.isLinting === true ? await provideTool(host, 'cfn-lint') : undefined;
    for (const template of templates.values()) {
      const key = keyOf({ kind: 'cfn-lint', template: template.source.text, settings });
      const kept = reportOf(options.store.getRecord(key)?.data);
      const report = tool === undefined || kept?.version === tool.version ? kept : await lint(host, tool, { project, template, store: options.store, key });
      if (report) reports.push([template.source.path, report]);
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    host.signal.throwIfAborted();
    missing.set('cfn-lint', error.fault.what);
  }
  return Object.fromEntries(reports);
}

async function lint(host: Host, tool: Tool, { project, template, store, key }: { readonly project: Project; readonly template: TemplateFile; readonly store: Store; readonly key: NodeKey }): Promise<LintReport> {
  const result = await runTool(host, tool, ['--format', 'json', '--', template.path], { cwd: project.folder, env: { PYTHONIOENCODING: 'utf-8', AWS_DEFAULT_REGION: undefined }, timeout: 300_000 });
  const matches = matchesIn(result.stdout);
  if (!matches) throw failure('tool/failed', `cfn-lint ${tool.version} failed on ${template.source.path}`, { why: (result.stderr || result.stdout).trim().slice(-500) });
  const report: LintReport = { version: tool.version, matches: matches.slice(0, mostMatches) };
  store.putRecord(key, { blobs: [], data: report as unknown as Canonical });
  return report;
}

/** What cfn-lint prints as JSON; undefined for anything else. Parts of a remark (`ParentId`) belong to it: the first says what it leaves open. */
function matchesIn(stdout: string): readonly LintMatch[] | undefined {
  const json = parsed(stdout);
  if (!Array.isArray(json)) return undefined;
  const all = json.map(recordOf);
  return all.flatMap(({ Id, Level, Message: own, Rule, Location, ParentId }) => {
    const part = all.find((other) => typeof Id === 'string' && other['ParentId'] === Id)?.['Message'];
    const Message = typeof own === 'string' && own.endsWith('under any of the given schemas') && typeof part === 'string' ? shortened(part) : own;
    const rule = recordOf(Rule)['Id'];
    const { Start, End } = recordOf(Location);
    const level = String(Level).toLowerCase();
    if (typeof rule !== 'string' || typeof Message !== 'string' || typeof ParentId === 'string') return [];
    return [{ rule, level: level === 'error' || level === 'warning' ? level : 'informational', message: Message, start: positionOf(Start), end: positionOf(End) } satisfies LintMatch];
  });
}

/** Lists of all that is allowed go over screens. */
function shortened(message: string): string {
  return message.length > 200 ? `${message.slice(0, 200)}…` : message;
}

function positionOf(json: unknown): { readonly line: number; readonly column: number } {
  const { LineNumber, ColumnNumber } = recordOf(json);
  return { line: typeof LineNumber === 'number' ? LineNumber : 1, column: typeof ColumnNumber === 'number' ? ColumnNumber : 1 };
}

/** A record of the store, as `lint` put it there. */
function reportOf(data: Canonical | undefined): LintReport | undefined {
  const { version, matches } = recordOf(data);
  return typeof version === 'string' && Array.isArray(matches) ? (data as unknown as LintReport) : undefined;
}

function recordOf(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
