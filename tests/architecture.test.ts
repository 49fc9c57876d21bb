import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, it } from 'vitest';
import { importTable } from './support/import-table.ts';

const source = join(import.meta.dirname, '..', 'src');

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly target: string;
  readonly isType: boolean;
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && name.includes('/')).toSorted();
const texts = new Map(files.map((file) => [file, readFileSync(join(source, file), 'utf8')]));
const imports = files.flatMap(importsOf);

/** Static and dynamic imports of a file that lead to another folder of src/, or out of it. */
function importsOf(file: string): readonly Import[] {
  const { module } = parseSync(file, texts.get(file) ?? '');
  const folder = file.split('/')[0] ?? '';
  const found = [
    ...module.staticImports.map((one) => ({ target: one.moduleRequest.value, isType: one.entries.length > 0 && one.entries.every((entry) => entry.isType) })),
    ...module.staticExports.flatMap((one) => one.entries.flatMap((entry) => (entry.moduleRequest ? [{ target: entry.moduleRequest.value, isType: entry.isType }] : []))),
    ...module.dynamicImports.map((one) => ({ target: (texts.get(file) ?? '').slice(one.moduleRequest.start + 1, one.moduleRequest.end - 1), isType: false })),
  ];
  return found.map(({ target, isType }) => ({ file, folder, isType, target: target.startsWith('.') ? normalize(join(dirname(file), target)) : target }));
}

describe('src/', () => {
  it('has a row in the table for every folder, and a folder for every row', () => {
    const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    expect(importTable.map((row) => row.folder).toSorted()).toEqual(folders.toSorted());
  });

  it('imports only what the table allows', () => {
    const broken = imports.flatMap(({ file, folder, target, isType }) => {
      const to = target.split('/')[0] ?? '';
      const row = importTable.find((one) => one.folder === folder);
      if (!importTable.some((one) => one.folder === to) || to === folder) return [];
      if (row?.imports.includes(to) === true || (isType && row?.types.includes(to) === true)) return [];
      return [`${file} imports ${isType ? 'types of ' : ''}${target}; ${folder}/ may import ${[...(row?.imports ?? []), ...(row?.types ?? []).map((name) => `${name} (types)`)].join(', ')}`];
    });
    expect(broken).toEqual([]);
    expect(imports.length).toBeGreaterThan(800);
  });

  it('has no cycles: a folder imports only folders of lower rank', () => {
    const rankOf = new Map(importTable.map((row) => [row.folder, row.rank]));
    const upward = importTable.flatMap((row) => [...row.imports, ...row.types].filter((to) => (rankOf.get(to) ?? 0) >= row.rank).map((to) => `${row.folder} → ${to}`));
    expect(upward).toEqual([]);
  });

  it('touches files only where the table says so', () => {
    const allowed = new Set(importTable.filter((row) => row.files).map((row) => row.folder));
    const touching = imports.filter(({ target, folder }) => /^node:fs(?:\/|$)/u.test(target) && !allowed.has(folder)).map(({ file }) => file);
    expect(touching).toEqual([]);
  });

  it('starts programs through the host alone, but for the runtime, whose processes live on', () => {
    const starting = imports.filter(({ target, folder }) => target === 'node:child_process' && folder !== 'cli' && folder !== 'runtime').map(({ file }) => file);
    expect(starting).toEqual([]);
  });

  it('writes to the console and asks the process in cli/ alone', () => {
    const used = [...texts].filter(([file, text]) => !file.startsWith('cli/') && !file.includes('bootstrap') && file !== 'rules/pages.ts' && /\b(?:console\.\w+\(|process\.(?:env|argv|exit|stdout|stderr|cwd)\b)/u.test(text)).map(([file]) => file);
    expect(used).toEqual([]);
  });

  it('has no default exports and no file that is two things', () => {
    const long = [...texts].filter(([file, text]) => text.split('\n').length > 350 && file !== 'rules/pages.ts').map(([file]) => file);
    const defaults = [...texts].filter(([, text]) => /^export default\b/mu.test(text)).map(([file]) => file);
    expect({ long, defaults }).toEqual({ long: [], defaults: [] });
  });
});
