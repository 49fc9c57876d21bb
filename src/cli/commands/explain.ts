import { failure } from '../../base/fault.ts';
import { meant } from '../../base/nearest.ts';
import { shortPage } from '../../report/rule-page.ts';
import { rules } from '../../rules/index.ts';
import type { Command } from '../command.ts';

/** `shear explain`: a rule's page, on a terminal its essentials unless all of it is asked for; or the list of rules. */
export const command: Command = {
  run: async ({ output, positionals, isJson, flag }) => {
    const [asked] = positionals;
    if (asked === undefined) {
      output.print(isJson ? JSON.stringify({ schema: 1, rules: rules.map(({ id: name, title, severity, safety }) => ({ id: name, title, severity, safety })) }) : rules.map((rule) => `${rule.id.padEnd(44)} ${rule.title}`).join('\n'));
      return 0;
    }
    const { pages } = await import('../../rules/pages.ts');
    const id = idOf(asked, Object.keys(pages));
    const page = pages[id];
    if (page === undefined) throw failure('usage', `there is no rule ${id}`, { next: meant(id, Object.keys(pages).flatMap((known) => [known, nameOf(known)]), '', '`shear explain` lists them all') });
    output.print(isJson ? JSON.stringify({ schema: 1, id, page }) : flag('long') || !output.isTerminal ? page.trimEnd() : shortPage(page, id));
    return 0;
  },
};

/** A rule's id, also for its name without the folder where only one rule has that name. */
function idOf(asked: string, ids: readonly string[]): string {
  const [only, ...more] = ids.filter((id) => nameOf(id) === asked);
  return only !== undefined && more.length === 0 ? only : asked;
}

function nameOf(id: string): string {
  return id.slice(id.indexOf('/') + 1);
}
