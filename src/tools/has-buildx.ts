import type { Host } from '../base/host.ts';

/** Whether the user's docker has buildx. */
export async function hasBuildx(host: Host): Promise<boolean> {
  const asked = await host.run('docker', ['buildx', 'version'], { timeout: 10_000 }).catch(() => undefined);
  return asked?.code === 0;
}
