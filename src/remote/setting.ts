import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { originRepository, type Repository } from '../registry/mirrors.ts';
import { parseReference } from '../registry/reference.ts';

/** Environment variable with the place of the remote cache: a repository of a registry, or a folder. */
export const remoteVariable = 'SHEAR_REMOTE_CACHE';

/** Environment variable that lets builds write there: for trusted CI alone, since everyone takes what is there. */
export const remoteWriteVariable = 'SHEAR_REMOTE_CACHE_WRITE';

/** Where results are shared, and whether this process may add to them. */
export interface RemoteSetting {
  readonly place:
    | { readonly kind: 'registry'; readonly repository: Repository }
    /** Absolute. */
    | { readonly kind: 'folder'; readonly path: string };
  readonly mayWrite: boolean;
}

/**
 * Reads the setting: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shear-cache`, `http://127.0.0.1:5000/cache`, `/mnt/cache`, `./cache`.
 * undefined when there is none. Throws `usage` for an address that is neither. Only the environment sets it, never a file of the
 * project: what comes from there stays in the store that all projects of the user share.
 */
export function remoteSetting(host: Pick<Host, 'env' | 'cwd'>): RemoteSetting | undefined {
  const text = (host.env[remoteVariable] ?? '').trim();
  if (text === '') return undefined;
  const mayWrite = isYes(host.env[remoteWriteVariable]);
  if (isAbsolute(text) || /^(?:\.{1,2}|~)(?:[/\\]|$)/u.test(text)) {
    const path = text.startsWith('~') ? join(host.env['HOME'] ?? homedir(), text.slice(1)) : resolve(host.cwd, text);
    return { place: { kind: 'folder', path }, mayWrite };
  }
  return { place: { kind: 'registry', repository: repositoryOf(text) }, mayWrite };
}

function isYes(text: string | undefined): boolean {
  const value = (text ?? '').trim().toLowerCase();
  if (['1', 'true', 'yes'].includes(value)) return true;
  if (['', '0', 'false', 'no'].includes(value)) return false;
  throw failure('usage', `${remoteWriteVariable} is ${value}`, { next: 'set it to 1 where results may be written, or unset it' });
}

function repositoryOf(text: string): Repository {
  const [, scheme, rest = text] = /^(https?):\/\/(?:[^/@]*@)?(.*)$/u.exec(text) ?? [];
  const parsed = parseReference(rest.replace(/\/+$/u, ''));
  if (!parsed.ok || !rest.includes('/') || parsed.value.digest !== undefined || parsed.value.tag !== 'latest' || rest.endsWith(':latest')) {
    throw failure('usage', `${remoteVariable} has ${JSON.stringify(text.replace(/\/\/[^/@]*@/u, '//***@'))}, which is neither a repository nor a folder`, {
      why: parsed.ok ? 'a repository has a registry and a name, and here no tag' : parsed.error.why,
      next: `write it like \`${remoteVariable}=123456789012.dkr.ecr.eu-west-1.amazonaws.com/shear-cache\` or \`${remoteVariable}=/mnt/shared/shear\``,
    });
  }
  const own = originRepository(parsed.value);
  return scheme === undefined ? own : { ...own, origin: `${scheme}://${new URL(own.origin).host}` };
}
