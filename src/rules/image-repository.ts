import type { Model } from '../model/function.ts';
import type { SamParameter, SamValue } from '../model/samconfig.ts';
import type { Project } from '../project/project.ts';
import { optionOf } from './sam-profiles.ts';

/** Where a command of a profile sends images. */
export type Repository =
  | { readonly kind: 'none' }
  /** `image_repository` or `image_repositories`. */
  | { readonly kind: 'named'; readonly option: SamParameter; readonly addresses: readonly string[]; readonly functions: readonly string[] | undefined }
  /** `resolve_image_repos`: sam makes one in a stack beside the deployed one. */
  | { readonly kind: 'managed'; readonly option: SamParameter };

/** What samconfig says of a command's image repository. Two at once are what sam refuses: the first one counts here. */
export function repositoryOf(project: Pick<Project, 'samconfig'>, profile: string, command: string): Repository {
  const one = optionOf(project, profile, command, 'image_repository');
  if (typeof one?.value === 'string' && one.value !== '') return { kind: 'named', option: one, addresses: [one.value], functions: undefined };
  const several = optionOf(project, profile, command, 'image_repositories');
  const pairs = several ? pairsOf(several.value) : [];
  if (several && pairs.length > 0) return { kind: 'named', option: several, addresses: pairs.map(([, address]) => address), functions: pairs.map(([name]) => name) };
  const managed = optionOf(project, profile, command, 'resolve_image_repos');
  return managed?.value === true ? { kind: 'managed', option: managed } : { kind: 'none' };
}

function pairsOf(value: SamValue): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return pairsOf([value]);
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: SamValue) => {
    const [name, address, more] = typeof one === 'string' ? one.split('=') : [];
    return name && address && more === undefined ? [[name, address] as const] : [];
  });
}

/** Whether sam takes an address for a repository: ECR's, or one of this machine (aws-sam-cli, ecr_utils.py). */
export function isRepository(address: string): boolean {
  return /^(?:[a-zA-Z0-9][\w-]*\.dkr\.ecr\.[a-zA-Z0-9][\w-]*\.amazonaws\.com(?:\.cn)?|localhost(?::\d{1,5})?|127\.0\.0\.1(?::\d{1,5})?)\/(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*/u.test(address);
}

/** Logical IDs of the root template's functions whose image sam sends: for them it refuses to start without a repository. */
export function sentImages(model: Model): readonly string[] {
  return model.functions.filter((one) => one.package.kind === 'image' && one.template.stackPath.length === 0).map((one) => one.logicalId);
}
