/** True when a media type (`image/png; q=0.8`) is one that a pattern (`image/png`, `image/*`, `*` + `/*`) names. */
export function mediaTypeMatches(pattern: string, type: string): boolean {
  const [main = '', sub = ''] = bare(pattern).split('/');
  const [ownMain = '', ownSub = ''] = bare(type).split('/');
  return (main === '*' || main === ownMain) && (sub === '*' || sub === ownSub);
}

function bare(type: string): string {
  return type.split(';')[0]?.trim().toLowerCase() ?? '';
}
