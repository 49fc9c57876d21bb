import { join } from 'node:path';
import type { Host } from '../base/host.ts';
import type { BuildReport } from '../build/report.ts';
import { unchangedReport } from '../build/state.ts';

/** What `shear build` was asked for. */
export interface BuildOptions {
  /** Absolute project folder. */
  readonly folder: string;
  readonly template: string | undefined;
  readonly profile: string;
  readonly parameterOverrides: Readonly<Record<string, string>>;
  /** Functions and layers to build; all when empty. */
  readonly only: readonly string[];
  /** Takes nothing that shear.lock does not name. */
  readonly isFrozen: boolean;
  /** Resolves everything anew instead of taking the lock's versions. */
  readonly isUpgrading: boolean;
  /** Where files are written; without it nothing but the store (`shear lock`). */
  readonly outputs: 'sam' | 'none';
}

/** The version of shear, part of what a kept build depends on. */
export const shearVersion = '0.1.0';

/**
 * Builds a project. When nothing changed since the last build it ends after looking at the inputs' stats,
 * with next to nothing loaded; else the rest is loaded and does what is stale.
 */
export async function build(host: Host, options: BuildOptions): Promise<BuildReport> {
  const start = host.now();
  const request = requestText(host, options);
  if (options.outputs === 'sam' && !options.isUpgrading) {
    const report = unchangedReport(options.folder, request);
    if (report) {
      return {
        ...report, unchanged: true, ms: host.now() - start,
        functions: report.functions.map((fn) => ({ ...fn, cached: true, ms: 0 })),
        steps: [],
      };
    }
  }
  const { rebuild } = await import('./rebuild.ts');
  return await rebuild(host, { ...options, request, start });
}

/** Everything besides files that may change what a build gives. */
function requestText(host: Host, { template, profile, parameterOverrides, only, isFrozen }: BuildOptions): string {
  const { env, cacheFolder } = host;
  return JSON.stringify([shearVersion, template ?? null, profile, parameterOverrides, only, isFrozen, cacheFolder, env['DOCKER_HOST'] ?? null, env['SHEAR_REGISTRY_MIRRORS'] ?? null]);
}

/** `.aws-sam/build` of a project: where sam looks. */
export function buildFolder(project: string): string {
  return join(project, '.aws-sam', 'build');
}
