import type { Host } from '../base/host.ts';
import { remoteSetting } from '../remote/setting.ts';

/** The remote cache and what may be done with it, in words; undefined when none is named. Throws `usage` when its name is malformed. */
export function describeRemote(host: Host): string | undefined {
  const setting = remoteSetting(host);
  if (!setting) return undefined;
  const { place, mayWrite } = setting;
  return `${place.kind === 'folder' ? place.path : `${place.repository.registry}/${place.repository.name}`} (${mayWrite ? 'read and written' : 'read'})`;
}
