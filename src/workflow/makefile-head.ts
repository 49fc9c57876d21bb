import type { SourceFile } from '../base/source.ts';

/** The first line of generated Makefiles. */
export const makefileHead = '# What developers of this project do; `make` lists it.';

/** Whether a Makefile was generated: its targets are known then. */
export function isGenerated({ text }: SourceFile): boolean {
  return text.startsWith(makefileHead);
}
