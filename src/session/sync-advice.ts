import type { Host } from '../base/host.ts';
import { resolveModel } from '../model/resolve.ts';
import { openProject } from '../project/open.ts';
import { syncPaths, type SyncPaths } from '../workflow/sync-paths.ts';
import type { BuildRequest } from './unchanged-build.ts';

/** Reads a project and says which way suits which change. */
export async function syncAdvice(host: Host, given: Pick<BuildRequest, 'folder' | 'template' | 'profile' | 'parameterOverrides'>): Promise<SyncPaths> {
  const project = await openProject(host, { ...given, allowsMissingTemplates: true, allowsBrokenDockerfiles: true });
  return syncPaths(project, resolveModel(project, given), given.profile);
}
