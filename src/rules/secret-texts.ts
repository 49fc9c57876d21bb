import { posix } from 'node:path';
import type { SourceFile } from '../base/source.ts';

/** Names of variables that hold credentials. */
export const secretVariable: RegExp = /(?:^|_)(?:SECRET|PASSWORD|PASSWD|PWD|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?)(?:_|$)/iu;

/** Names that hold where a credential is, or something about it. */
const aboutSecret = /_(?:NAME|ARN|PATH|FILE|DIR|URL|URI|HOST|PARAMETER|PARAM|PREFIX|SUFFIX|HEADER|TTL|EXPIRY|EXPIRATION|TIMEOUT|TYPE|LENGTH|SIZE|LIMIT|COUNT|ENABLED|REGION|VERSION|FORMAT|STORE|MANAGER)$/iu;

/** Credentials that are told by their form alone. */
const forms: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'an AWS access key', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/u },
  { what: 'a GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,})\b/u },
  { what: 'a Slack token', pattern: /\bxox[abprs]-[\w-]{10,}/u },
  { what: 'a Google API key', pattern: /\bAIza[\w-]{35}\b/u },
  { what: 'an OpenAI key', pattern: /\bsk-(?:proj-)?[A-Za-z0-9_-]{32,}/u },
  { what: 'a private key', pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/u },
  { what: 'an address with a password', pattern: /\bhttps?:\/\/[^\s/:@"'$]+:[^\s/@"'${}<]{4,}@/u },
];

/** A credential that stands in a text as it is: what it is, and its range. Never its value. */
export function literalSecret(text: string): { readonly what: string; readonly start: number; readonly end: number } | undefined {
  for (const { what, pattern } of forms) {
    const match = pattern.exec(text);
    if (match && !/EXAMPLE|:(?:password|pass|token|secret|x-oauth-basic)@/iu.test(match[0])) return { what, start: match.index, end: match.index + match[0].length };
  }
  return undefined;
}

/** True for a variable whose value gives a credential away. Names of secrets, addresses, variables and placeholders give nothing away. */
export function isSecretValue(name: string, value: string): boolean {
  const plain = value.trim().replace(/^(["'])(.*)\1$/su, '$2');
  const isNamed = secretVariable.test(name) && (!aboutSecret.test(name) || /^AWS_/u.test(name));
  if (!isNamed || plain.length < 8) return false;
  const isElsewhere = /[${}]|^arn:|^\.{0,2}\/|^[a-z]+:\/\/|^(?:ssm|secretsmanager)|resolve:/iu.test(plain);
  const isPlaceholder = /change[-_ ]?me|your|replace|example|dummy|placeholder|sample|todo|insert|fixme|fake|local|default|^(?:test|mock|none|null|true|false|undefined|enter|put|set)|^[<*[(]|^(.)\1+$|xxx|\.\.\.|^\d{1,9}$/iu.test(plain);
  return !isElsewhere && !isPlaceholder;
}

/** `NAME=value` lines whose value is a credential, by name. */
export function secretsIn(text: string): readonly string[] {
  return text.split(/\r?\n/u).flatMap((line) => {
    const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*[=:]\s*(.*)$/u.exec(line);
    return match?.[1] !== undefined && isSecretValue(match[1], (match[2] ?? '').replace(/\s+#.*$/u, '')) ? [match[1]] : [];
  });
}

/**
 * What a file of a context gives away, as a phrase (`holds a private key`); undefined for nothing. `text` is undefined where the file was not
 * read: then only its name speaks, and only if it is plain.
 */
export function secretOf(path: string, text: SourceFile | undefined): { readonly what: string; readonly isSure: boolean } | undefined {
  const name = posix.basename(path).toLowerCase();
  const sure = (what: string): { readonly what: string; readonly isSure: boolean } => ({ what, isSure: true });
  if (text) {
    const literal = literalSecret(text.text);
    const isCode = !/^(?:\.env(?:\..*)?|env\..*json|.*\.(?:pem|key)|id_\w+|.*_rsa|credentials(?:\.\w+)?|\.netrc|\.npmrc|\.pypirc|.*service[-_]account.*\.json)$/u.test(name);
    // In code, a name with a value is more often a default than a secret, and tests are full of invented ones.
    const isInvented = isCode && (literal?.what.startsWith('an address') === true || /(?:^|[/._-])(?:tests?|specs?|conftest|fixtures?|mocks?|examples?)(?:[/._-]|$)/iu.test(path));
    if (literal && !isInvented) return sure(`holds ${literal.what}`);
    if (isCode) return undefined;
    if (/^\.(?:npmrc|pypirc|netrc)$/u.test(name)) return /(?:_authToken|_password|_auth|^\s*password|\bpassword)\s*[= ]\s*(?!\$)\S{8,}/mu.test(text.text) ? sure('holds a password or token') : undefined;
    if (/\.json$/u.test(name)) return /"(?:private_key|client_secret|aws_secret_access_key|SecretAccessKey)"\s*:\s*"[^"$<]{8,}"/u.test(text.text) ? sure('holds a key') : undefined;
    const names = secretsIn(text.text);
    const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
    return names.length > 0 ? sure(`holds ${names.slice(0, 3).join(', ')}${more}`) : undefined;
  }
  const isPublic = /ca|cert|chain|bundle|root|public|\.pub|example|sample|template|dist/u.test(name);
  const isTelling = /^(?:\.env(?:\..*)?|id_(?:rsa|dsa|ecdsa|ed25519)|.*\.p12|.*\.pfx|.*\.pem|credentials(?:\.(?:json|csv|ini|toml|ya?ml|txt))?|\.netrc|\.pypirc)$/u.test(name);
  return isTelling && !isPublic ? { what: 'may hold credentials, by its name', isSure: false } : undefined;
}

/** A line to be shown, with stars for the credentials in it. */
export function withoutSecrets(text: string): string {
  const stars = (value: string): string => '*'.repeat(value.length);
  const formless = forms.reduce((shown, { pattern }) => shown.replace(new RegExp(pattern.source, 'gu'), stars), text);
  return formless.replace(/((?:^|[\s"'])([A-Za-z_]\w*)["']?(?:\s*[=:]\s*|(?<=^\s*ENV\s+\w+)\s+))("[^"]*"|'[^']*'|[^\s,]+)/gimu, (whole, lead: string, name: string, value: string) => (isSecretValue(name, value) ? lead + stars(value) : whole));
}
