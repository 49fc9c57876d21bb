import { join } from 'node:path';
import type { Host } from '../base/host.ts';
import { openStore, type Store } from '../store/store.ts';

/** The user's store, connected to the remote cache where one is named. Throws `usage` when its name is malformed. */
export async function openUsersStore(host: Host): Promise<Store> {
  const store = openStore(join(host.cacheFolder, 'store'), host.now);
  // Looked at here, so that nothing is loaded where none is named.
  if ((host.env['SHEAR_REMOTE_CACHE'] ?? '').trim() === '') return store;
  const { remoteSetting } = await import('../remote/setting.ts');
  const setting = remoteSetting(host);
  if (!setting) return store;
  const { connectRemote } = await import('../remote/connect.ts');
  return { ...store, remote: connectRemote(host, store, setting) };
}
