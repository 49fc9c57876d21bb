import { normalizedProjectName } from '../syntax/requirements.ts';

/** What is moved to its newest version instead of kept as locked: everything, or images and packages by name; nothing when empty. */
export type Upgrade = 'all' | readonly string[];

/** Whether an image reference (`name:tag`, without its tag, or its last part) or a package is to be moved. */
export function isNamed(upgrade: Upgrade, name: string): boolean {
  if (upgrade === 'all') return true;
  const repository = name.replace(/@.*$/u, '').replace(/:[^/:]+$/u, '');
  const names = new Set([name, name.replace(/@.*$/u, ''), repository, repository.slice(repository.lastIndexOf('/') + 1), normalizedProjectName(name)]);
  return upgrade.some((one) => names.has(one) || names.has(normalizedProjectName(one)));
}
