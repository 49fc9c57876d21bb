/**
 * Names on PyPI that were withdrawn in favour of another: installing one fails, or brings nothing.
 * Source: the packages' own pages on PyPI.
 */
const replacements: Readonly<Record<string, string>> = {
  'sklearn': 'scikit-learn',
};

/** The package to ask for instead of a withdrawn one, both normalised; undefined for every other name. */
export function replacementOf(name: string): string | undefined {
  return Object.hasOwn(replacements, name) ? replacements[name] : undefined;
}
