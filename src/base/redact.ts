/**
 * A text without what must not be seen: user and password of addresses, their query strings (signatures and tokens are there),
 * Authorization values, and what follows `password=`, `token=`, `secret=` and the like.
 * @param star what stands for a secret; three stars when absent.
 */
export function withoutSecrets(text: string, star: (secret: string) => string = () => '***'): string {
  return text
    .replace(/(?<=[a-z][a-z0-9+.-]*:\/\/)[^\s/@'"`<>]+(?=@)/giu, star)
    .replace(/(?<=[a-z][a-z0-9+.-]*:\/\/[^\s?#'"`<>]*\?)[^\s'"`<>)]+/giu, star)
    .replace(/(?<=\b(?:Bearer|Basic)\s+)[\w+/=.~-]{8,}/gu, star)
    .replace(/(?<=\b[\w-]*(?:password|passwd|token|secret|api_?key)\w*=)[^\s'"`$]+/giu, star);
}
