/** What a registry wants, by its WWW-Authenticate header (RFC 9110 11.6.1; distribution-spec "token" flow). */
export type Challenge =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: string; readonly service: string | undefined; readonly scope: string | undefined };

/** The first challenge in a header that can be met; undefined when there is none. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  const bearer = /(?:^|,)\s*bearer\s+(.*)$/iu.exec(header ?? '');
  const parameters = bearer?.[1] === undefined ? new Map<string, string>() : parseParameters(bearer[1]);
  const realm = parameters.get('realm');
  if (realm !== undefined) return { kind: 'bearer', realm, service: parameters.get('service'), scope: parameters.get('scope') };
  return /(?:^|,)\s*basic(?:\s|$)/iu.test(header ?? '') ? { kind: 'basic' } : undefined;
}

function parseParameters(text: string): ReadonlyMap<string, string> {
  const pattern = /([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/giu;
  return new Map(
    [...text.matchAll(pattern)].map(([, name, quoted, plain]) => [(name ?? '').toLowerCase(), quoted?.replace(/\\(.)/gu, '$1') ?? plain ?? '']),
  );
}
