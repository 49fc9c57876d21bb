import type { SourceFile } from '../base/source.ts';
import type { Edit } from '../edits/edit.ts';
import { spliceBetween } from '../syntax/splice.ts';
import { entryOf, parseYaml, setEntry } from '../syntax/yaml.ts';
import type { Inventory } from './inventory.ts';
import { firstEvent, tasksOf } from './tasks.ts';

/** Scripts for package.json by name, `sam:build` and so on: names that no tool runs by itself. */
export function packageScriptsFor(inventory: Inventory): readonly (readonly [name: string, command: string])[] {
  const first = firstEvent(inventory);
  const words: Readonly<Record<string, string>> = { build: 'sam build', invoke: 'sam local invoke', function: first?.name ?? '', event: first?.event ?? '-', repository: '$IMAGE_REPOSITORY', parameters: '$PARAMETERS' };
  return tasksOf(inventory).filter(({ name }) => name !== 'test').map(({ name, commands }) => {
    const command = name === 'clean' ? `node -e "fs.rmSync('.aws-sam', { recursive: true, force: true })"` : commands.join(' && ');
    return [`sam:${name.replace('-', ':')}`, command.replace(/\{(\w+)\}/gu, (whole, word: string) => words[word] ?? whole).replace(' -e -', '')] as const;
  });
}

/** The edit that adds scripts to a package.json, in its own style; undefined where it is no map of scripts. */
export function packageScriptsEdit(file: SourceFile, scripts: readonly (readonly [name: string, command: string])[]): Edit | undefined {
  let text = file.text;
  for (const [name, command] of scripts) {
    const document = parseYaml({ path: file.path, text });
    if (!document.ok || document.value.root.kind !== 'map' || !document.value.root.flow) return undefined;
    const { root } = document.value;
    const own = entryOf(root, 'scripts')?.value;
    if (own && (own.kind !== 'map' || entryOf(own, name))) {
      if (own.kind !== 'map') return undefined;
      continue;
    }
    const value = JSON.stringify(command);
    const indent = /\n([ \t]+)"/u.exec(text)?.[1] ?? '  ';
    const lead = document.value.newline + indent;
    const { start, end, text: added } = own && own.entries.length > 0 ? setEntry(document.value, own, name, value) : setEntry(document.value, root, 'scripts', `{${lead}${indent}${JSON.stringify(name)}: ${value}${lead}}`);
    text = text.slice(0, start) + added + text.slice(end);
  }
  if (text === file.text) return undefined;
  return { kind: 'splice', path: file.path, source: file, ...spliceBetween(file.text, text) };
}
