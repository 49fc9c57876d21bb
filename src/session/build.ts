import { join } from 'node:path';
import type { Host } from '../base/host.ts';
import type { BuildReport } from '../build/report.ts';
import type { Upgrade } from '../build/upgrade.ts';
import { requestText, unchangedBuild, type BuildRequest } from './unchanged-build.ts';

/** What `shear build` was asked for. */
export interface BuildOptions extends BuildRequest {
  /** What to resolve anew instead of taking the lock's versions. */
  readonly upgrade: Upgrade;
  /** Where files are written; without it nothing but the store (`shear lock`). */
  readonly outputs: 'sam' | 'none';
  /** The caller has looked and found a change, so that looking again would be in vain. */
  readonly isKnownChanged?: boolean;
}

/**
 * Builds a project. When nothing changed since the last build it ends after looking at the inputs' stats,
 * with next to nothing loaded; else the rest is loaded and does what is stale.
 */
export async function build(host: Host, options: BuildOptions): Promise<BuildReport> {
  const start = host.now();
  const request = requestText(host, options);
  if (options.outputs === 'sam' && options.upgrade.length === 0 && options.isKnownChanged !== true) {
    const report = unchangedBuild(options, request);
    if (report) return { ...report, ms: host.now() - start };
  }
  const { rebuild } = await import('./rebuild.ts');
  return await rebuild(host, { ...options, request, start });
}

/** `.aws-sam/build` of a project: where sam looks. */
export function buildFolder(project: string): string {
  return join(project, '.aws-sam', 'build');
}
