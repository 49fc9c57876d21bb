import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { samParameters } from '../../src/model/samconfig.ts';
import type { SamConfig } from '../../src/project/project.ts';
import { setOptions, type Setting } from '../../src/rules/samconfig-edit.ts';
import { parseToml } from '../../src/syntax/toml.ts';
import { parseYaml } from '../../src/syntax/yaml.ts';

const profiles = ['default', 'dev', 'prod'];
const commands = ['global', 'build', 'deploy', 'sync', 'local_start_api'];
const keys = ['cached', 'stack_name', 'tags', 'parameter_overrides', 'max_wait_duration'];

/** What settings mean once they are read back. */
const values = [true, 'shop', 'C:\\new "x" #1', ['a=1', 'Fn=\\.git\\b'], new Map([['Stage', 'dev'], ['Title', 'two words: yes']]), 5] as const;

const settings = fc.array(fc.record<Setting>({ profile: fc.constantFrom(...profiles), command: fc.constantFrom(...commands), key: fc.constantFrom(...keys), value: fc.constantFrom(...values) }), { minLength: 1, maxLength: 6 });

/** A section with comments, blank lines and values over several lines. */
const section = fc.record({
  profile: fc.constantFrom(...profiles), command: fc.constantFrom(...commands),
  above: fc.constantFrom('', '# of the team\n', '\n\n'), behind: fc.constantFrom('', '  # note'),
  key: fc.constantFrom('region', 'profile', 'output'),
  eol: fc.constantFrom('\n', '\n\n', '\n# below\n'),
});
type Section = typeof section extends fc.Arbitrary<infer T> ? T : never;

function tomlOf(sections: readonly Section[]): string {
  return `version = 0.1 # v\n${once(sections).map((one) => `${one.above}[${one.profile}.${one.command}.parameters]${one.behind}\n${one.key} = [\n  "x", # one\n]${one.behind}${one.eol}`).join('')}`;
}

function yamlOf(sections: readonly Section[]): string {
  const groups = profiles.flatMap((profile) => {
    const own = once(sections).filter((one) => one.profile === profile);
    if (own.length === 0) return [];
    return `${profile}: # p\n${own.map((one) => `    ${one.command}:\n        # inner\n        parameters:${one.behind}\n            ${one.key}: "x"${one.behind}\n`).join('')}`;
  });
  return `# top\nversion: 0.1\n${groups.join('\n')}`;
}

function once(sections: readonly Section[]): readonly Section[] {
  return [...new Map(sections.map((one) => [`${one.profile}.${one.command}`, one])).values()];
}

function read(kind: SamConfig['kind'], text: string): SamConfig {
  const source = { path: kind === 'toml' ? 'samconfig.toml' : 'samconfig.yaml', text };
  const common = { path: `/${source.path}`, source };
  const parsed = kind === 'toml' ? parseToml(source) : parseYaml(source);
  if (!parsed.ok) throw new Error(JSON.stringify([parsed.error, text]));
  return { kind, ...common, document: parsed.value } as SamConfig;
}

function plain(value: Setting['value']): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}

describe.each(['toml', 'yaml'] as const)('options set in samconfig.%s', (kind) => {
  const texts = fc.tuple(fc.array(section, { maxLength: 6 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
    .map(([sections, newline, isUnfinished]) => (kind === 'toml' ? tomlOf(sections) : yamlOf(sections)).replace(/\n$/u, isUnfinished ? '' : '\n').replaceAll('\n', newline));

  it('are read back, and every line that was there is there still, in order and to the byte', () => {
    let changed = 0;
    fc.assert(fc.property(texts, settings, (text, wanted) => {
      const edit = setOptions(read(kind, text), wanted);
      if (edit?.kind !== 'splice') throw new Error(`no splice for ${text}`);
      changed++;
      const after = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
      const lines = after.split('\n');
      let at = 0;
      for (const line of text.split('\n')) {
        const found = lines.findIndex((one, index) => index >= at && (one === line || one === `${line}\r`));
        expect(found, `${line} in ${after}`).toBeGreaterThanOrEqual(0);
        at = found + 1;
      }
      const project = { samconfig: read(kind, after) };
      for (const { profile, command, key } of wanted) {
        const last = wanted.findLast((one) => one.profile === profile && one.command === command && one.key === key);
        const given = samParameters(project, profile, command).find((one) => one.name === key && one.section === command);
        expect(given?.value, `${profile}.${command}.${key}`).toEqual(last && plain(last.value));
      }
      if (text.includes('\r\n')) expect(after.replaceAll('\r\n', '')).not.toContain('\n');
    }), { numRuns: 200 });
    expect(changed).toBe(200);
  });
});

it('a samconfig that is not there is made, with its version', () => {
  const edit = setOptions(undefined, [{ profile: 'dev', command: 'sync', key: 'watch', value: true }]);
  expect(edit).toEqual({ kind: 'create', path: 'samconfig.toml', text: 'version = 0.1\n\n[dev.sync.parameters]\nwatch = true\n' });
});

it.each([
  ['toml', 'version = 0.1\ndefault = 3\n'],
  ['toml', 'version = 0.1\n[default]\nsync = []\n'],
  ['yaml', 'version: 0.1\nx: &x\n  parameters: {a: 1}\ndefault:\n  sync: *x\n'],
  ['yaml', 'version: 0.1\nx: &x\n  sync: {}\ndefault:\n  <<: *x\n'],
] as const)('a section of %s that cannot be added to is left alone', (kind, text) => {
  expect(setOptions(read(kind, text), [{ profile: 'default', command: 'sync', key: 'watch', value: true }])).toBe(undefined);
});
