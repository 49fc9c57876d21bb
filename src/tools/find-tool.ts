import { failure } from '../base/fault.ts';
import type { Host, ProcessOptions, ProcessResult } from '../base/host.ts';
import { toolPins, type ToolName } from './pins.ts';
import { isProgram, searchPath } from './search-path.ts';
import { compareVersions, readVersion } from './version.ts';

/** A program that can be started. */
export interface Tool {
  readonly name: ToolName;
  /** Absolute path of what to start. */
  readonly path: string;
  /** Come before the arguments proper. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly version: string;
  readonly origin: 'override' | 'path' | 'own';
}

/**
 * A program of the user's: the one that its override variable names (`SHEAR_UV`, …), else the first on PATH that is
 * new enough. Undefined when there is none; `tool/missing` when the override names something that does not run.
 * @param options.minimum the oldest version that will do; by default that of `toolPins`.
 */
export async function findTool(host: Host, name: ToolName, options: { readonly minimum?: string } = {}): Promise<Tool | undefined> {
  const pin = toolPins[name];
  const named = host.env[pin.override];
  if (named !== undefined && named !== '') {
    const version = isProgram(named) ? await versionOf(host, named) : undefined;
    if (version !== undefined) return { name, path: named, args: [], env: {}, version, origin: 'override' };
    throw failure('tool/missing', `${pin.override} names ${named}, which does not run`, {
      why: `${name} is needed to ${pin.purpose}`,
      next: `correct or unset ${pin.override}`,
    });
  }
  const minimum = options.minimum ?? pin.minimum;
  for (const path of searchPath(host, pin.program)) {
    const version = await versionOf(host, path);
    if (version !== undefined && compareVersions(version, minimum) >= 0) return { name, path, args: [], env: {}, version, origin: 'path' };
  }
  return undefined;
}

/** bubblewrap, where the system has it; undefined elsewhere (it exists for Linux alone). */
export async function findBubblewrap(host: Host): Promise<Tool | undefined> {
  return host.os === 'linux' ? await findTool(host, 'bwrap') : undefined;
}

/** Starts a tool with arguments and waits for its end. */
export function runTool(host: Host, tool: Tool, args: readonly string[], options: ProcessOptions = {}): Promise<ProcessResult> {
  return host.run(tool.path, [...tool.args, ...args], { ...options, env: { ...options.env, ...tool.env } });
}

/** What `--version` says; undefined when the program does not run or says nothing of the kind. */
export async function versionOf(host: Host, path: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  try {
    const { code, stdout, stderr } = await host.run(path, [...args, '--version'], { timeout: 60_000, env });
    return code === 0 ? readVersion(stdout === '' ? stderr : stdout) : undefined;
  } catch {
    return undefined;
  }
}
