import type { NodeKey } from '../base/digest.ts';
import type { Lock, LockedBuild, LockedFile } from './lock.ts';

/** A wheel as the lock has it, with its file name. */
export interface LockedWheelFile extends LockedFile {
  readonly fileName: string;
}

/** Whether the lock's wheels serve, and if not, why in plain words. */
export type LockDecision =
  | { readonly kind: 'reuse'; readonly wheels: readonly LockedWheelFile[] }
  | { readonly kind: 'resolve'; readonly why: string };

/**
 * Decides whether a build takes its wheels from the lock or resolves anew: the requirement texts and the platform must
 * be those that were locked. No look at the network or the disk.
 * @param name of the function or Lambda layer.
 */
export function lockedWheels(lock: Lock | undefined, name: string, wanted: Pick<LockedBuild, 'platform'> & { readonly manifest: NodeKey }): LockDecision {
  const build = lock?.functions[name] ?? lock?.layers[name];
  if (!lock || !build) return { kind: 'resolve', why: lock ? `${name} is not in shear.lock` : 'there is no shear.lock' };
  if (build.platform !== wanted.platform) return { kind: 'resolve', why: `shear.lock has ${name} for ${build.platform}, and it is built for ${wanted.platform}` };
  if (build.manifest !== wanted.manifest) return { kind: 'resolve', why: `the requirements of ${name} changed since shear.lock was written` };
  const wheels: LockedWheelFile[] = [];
  for (const fileName of build.wheels) {
    const wheel = lock.wheels[fileName];
    if (!wheel) return { kind: 'resolve', why: `shear.lock names ${fileName} for ${name} and does not say what it is` };
    wheels.push({ ...wheel, fileName });
  }
  return { kind: 'reuse', wheels };
}
