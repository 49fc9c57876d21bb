import { request } from 'node:https';
import type { Host } from '../../src/base/host.ts';
import { whyNoDebian } from './debian.ts';
import { provideStandIns, type Flavour } from './images.ts';

/** What the examples are built on in this run. */
export type Base =
  | { readonly kind: 'registry'; readonly sentence: string }
  | {
      readonly kind: 'stand-in';
      readonly sentence: string;
      /** Absolute; an OCI image layout. */
      readonly layout: string;
      readonly flavour: Flavour;
      readonly python: string;
      /** For SHEAR_REGISTRY_MIRRORS. */
      readonly mirrors: string;
    };

/** The real registry where it answers, else stand-ins; `sentence` says which, for the user. */
export async function provideBase(host: Host, cache: string, wish: Flavour = 'host'): Promise<Base> {
  const named = host.env['SHEAR_REGISTRY_MIRRORS'];
  if (named?.includes('public.ecr.aws=') === true) return { kind: 'registry', sentence: 'base images come from the mirror that SHEAR_REGISTRY_MIRRORS names' };
  if (await answers('public.ecr.aws')) return { kind: 'registry', sentence: 'base images come from public.ecr.aws' };
  const flavour = wish === 'debian' && whyNoDebian(host) === undefined ? 'debian' : 'host';
  const { layout, python } = await provideStandIns(host, flavour, cache);
  const files = flavour === 'debian' ? 'Debian 12' : 'this machine\'s files';
  const other = python.version.startsWith('3.12.') ? '' : ' (there is no Python 3.12 here: this one is the nearest)';
  const sentence = `public.ecr.aws cannot be reached: base images are stand-ins made of ${files} and Python ${python.version}${other}`;
  return { kind: 'stand-in', sentence, layout, flavour, python: python.version, mirrors: `public.ecr.aws=oci:${layout}` };
}

/** Whether a registry speaks the distribution protocol to this machine. */
function answers(registry: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(`https://${registry}/v2/`, { timeout: 4000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 || response.statusCode === 401);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer in four seconds')));
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
