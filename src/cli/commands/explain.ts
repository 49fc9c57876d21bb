import { failure } from '../../base/fault.ts';
import { rules } from '../../rules/index.ts';
import type { Command } from '../command.ts';

/** `shear explain`: a rule's page, or the list of rules. */
export const command: Command = {
  run: async ({ output, positionals, isJson }) => {
    const [id] = positionals;
    if (id === undefined) {
      output.print(isJson ? JSON.stringify({ schema: 1, rules: rules.map(({ id: name, title, severity, safety }) => ({ id: name, title, severity, safety })) }) : rules.map((rule) => `${rule.id.padEnd(44)} ${rule.title}`).join('\n'));
      return 0;
    }
    const { pages } = await import('../../rules/pages.ts');
    const page = pages[id];
    if (page === undefined) throw failure('usage', `there is no rule ${id}`, { next: '`shear explain` lists them all' });
    output.print(isJson ? JSON.stringify({ schema: 1, id, page }) : page.trimEnd());
    return 0;
  },
};
