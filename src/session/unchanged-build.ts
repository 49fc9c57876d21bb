import type { BuildReport } from '../build/report.ts';
import { unchangedReport } from '../build/state.ts';

/** What a build depends on besides files, and which project. */
export interface BuildRequest {
  /** Absolute project folder. */
  readonly folder: string;
  readonly template: string | undefined;
  readonly profile: string;
  readonly parameterOverrides: Readonly<Record<string, string>>;
  /** Functions and layers to build; all when empty. */
  readonly only: readonly string[];
  /** Takes nothing that shear.lock does not name. */
  readonly isFrozen: boolean;
  /** The templates that sam reads stay those of the last build by name: what is only run must not change what is deployed. */
  readonly keepsTemplates?: boolean;
}

/** The version of shear, part of what a kept build depends on. */
export const shearVersion = '0.1.0';

/** Everything besides files that may change what a build gives, as one text. */
export function requestText(
  host: { readonly env: Readonly<Record<string, string | undefined>>; readonly cacheFolder: string },
  { folder, template, profile, parameterOverrides, only, isFrozen, keepsTemplates }: BuildRequest,
): string {
  const { env, cacheFolder } = host;
  // The folder, because what is kept names files by whole paths: a copied project would be held against the original's.
  return JSON.stringify([shearVersion, folder, template ?? null, profile, parameterOverrides, only, isFrozen, cacheFolder, plainAddress(env['DOCKER_HOST']), plainAddress(env['SHEAR_REGISTRY_MIRRORS']), env['SHEAR_FFMPEG'] ?? null, plainAddress(env['SHEAR_REMOTE_CACHE']), keepsTemplates === true]);
}

/** Kept in a file, so without the user and password that an address may have. */
function plainAddress(text: string | undefined): string | null {
  return text?.replace(/\/\/[^/@,\s]*@/gu, '//') ?? null;
}

/** The last build's report when nothing at all changed since; `ms` is left to the caller. */
export function unchangedBuild({ folder }: BuildRequest, request: string): BuildReport | undefined {
  const report = unchangedReport(folder, request);
  return report && { ...report, unchanged: true, functions: report.functions.map((fn) => ({ ...fn, cached: true, ms: 0 })), steps: [] };
}
