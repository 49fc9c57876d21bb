import { parseDigest, type Digest } from '../base/digest.ts';
import { fault } from '../base/fault.ts';
import { err, ok, type Result } from '../base/result.ts';

/** Names an image in a registry. */
export interface Reference {
  /** `docker.io`, `public.ecr.aws`, `localhost:5000`. */
  readonly registry: string;
  /** `library/python`. */
  readonly repository: string;
  /** `latest` when neither tag nor digest was written. */
  readonly tag: string | undefined;
  /** When there, it says which image; the tag is then only for people. */
  readonly digest: Digest | undefined;
}

/** Docker Hub's name; what its API is served under differs. */
export const dockerHub = 'docker.io';

const hostPattern = /^(?:\[[0-9a-fA-F:]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::\d+)?$/u;
const repositoryPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/u;
const tagPattern = /^[\w][\w.-]{0,127}$/u;

/**
 * Parses `[host[:port]/]repository[:tag][@digest]` as Docker does (distribution's reference grammar):
 * without a host it is Docker Hub's, there without a slash `library/` comes before.
 */
export function parseReference(text: string): Result<Reference> {
  const at = text.indexOf('@');
  const named = at < 0 ? text : text.slice(0, at);
  const digest = at < 0 ? undefined : parseDigest(text.slice(at + 1));
  if (at >= 0 && !digest) return invalid(text, `${text.slice(at + 1)} is not sha256: and 64 hex digits`);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !tagPattern.test(tag)) return invalid(text, `${JSON.stringify(tag)} is not a tag: letters, digits, _ . - and at most 128 of them`);
  const { registry, repository } = splitHost(colon < 0 ? named : named.slice(0, colon));
  if (!hostPattern.test(registry)) return invalid(text, `${registry} is not a host name`);
  if (!repositoryPattern.test(repository)) {
    return invalid(text, /[A-Z]/u.test(repository) ? 'the name of a repository must be lower case' : `${JSON.stringify(repository)} is not the name of a repository`);
  }
  return ok({ registry, repository, tag: tag ?? (digest ? undefined : 'latest'), digest });
}

/** The whole name, registry included. */
export function printReference(reference: Reference): string {
  const { registry, repository, tag, digest } = reference;
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

function splitHost(name: string): { readonly registry: string; readonly repository: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = /[.:]/u.test(first) || first === 'localhost' || first !== first.toLowerCase();
  if (isHost && first !== 'index.docker.io' && first !== dockerHub) return { registry: first, repository: name.slice(slash + 1) };
  const rest = isHost ? name.slice(slash + 1) : name;
  return { registry: dockerHub, repository: rest.includes('/') ? rest : `library/${rest}` };
}

function invalid(text: string, why: string): Result<never> {
  return err(fault('usage', `${JSON.stringify(text)} is not an image reference`, { why, next: 'write it like `public.ecr.aws/lambda/python:3.12`' }));
}
