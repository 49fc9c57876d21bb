import type { Host } from '../base/host.ts';
import type { Store } from '../store/store.ts';
import { findPython } from '../tools/find-python.ts';
import { createDownloader } from './python/download.ts';
import { fetchWheels, type FetchedWheel } from './python/fetch-wheels.ts';
import type { ResolvedWheel } from './python/locked-wheel.ts';
import { readPackageIndexes } from './python/package-index.ts';
import { findAddresses } from './python/resolve.ts';
import type { WheelTarget } from './python/tags.ts';

/**
 * Brings wheels into the store from the user's own index.
 * @param where the machine they are for, and the absolute folder whose uv settings count.
 */
export async function provideWheels(
  host: Host,
  store: Store,
  wheels: readonly ResolvedWheel[],
  where: { readonly target: WheelTarget; readonly cwd: string },
): Promise<readonly FetchedWheel[]> {
  const indexes = readPackageIndexes(host, where.cwd);
  return await fetchWheels(host, wheels, {
    store,
    downloader: createDownloader(host, indexes),
    locate: async (missing) => {
      const python = await findPython(host, where.target.python);
      return await findAddresses(host, missing, { ...where, ...(python ? { python } : {}) });
    },
  });
}
