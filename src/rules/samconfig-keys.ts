import { samEntries, type SamEntry } from '../model/samconfig.ts';
import { isSamSection, samOptions, samSections } from '../model/sam-options.ts';
import type { Edit } from '../edits/edit.ts';
import type { SamConfig } from '../project/project.ts';
import { nearest } from '../base/nearest.ts';
import { setTomlKey } from '../syntax/toml.ts';
import { setEntry } from '../syntax/yaml.ts';
import type { Draft } from './rule.ts';

/** What is wrong with a name or a value of samconfig, before it is placed. */
export type Misreading = Omit<Draft, 'at'> & { readonly span: { readonly start: number; readonly end: number } };

/** Names that sam does not read, and what it makes of the file as a whole. */
export function misreadNames(samconfig: SamConfig): readonly Misreading[] {
  const entries = samEntries(samconfig);
  const version = versionMisreading(samconfig, entries);
  return [...(version ? [version] : []), ...entries.flatMap((entry) => nameMisreading(samconfig, entry) ?? [])];
}

/** sam wants a decimal number, and refuses every command without. */
function versionMisreading(samconfig: SamConfig, entries: readonly SamEntry[]): Misreading | undefined {
  const version = entries.find(({ path }) => path.length === 1 && path[0] === 'version');
  if (entries.length === 0 || (typeof version?.value === 'number' && !/^[+-]?[\d_]+$/u.test(version.text ?? ''))) return undefined;
  const { source } = samconfig;
  const text = version ? `version is ${version.text ?? 'no number'}` : 'version is missing';
  const splice = version ? { ...version.span, text: '0.1' } : samconfig.kind === 'toml' ? setTomlKey(samconfig.document, [], 'version', '0.1') : setEntry(samconfig.document, samconfig.document.root, 'version', '0.1');
  const edit: Edit = { kind: 'splice', path: source.path, source, ...splice };
  return {
    span: version?.span ?? { start: 0, end: 0 }, severity: 'error',
    message: `sam refuses every command: ${text}, and has to be a decimal number such as 0.1`,
    fix: { title: 'write version = 0.1', safety: 'safe', edits: [edit] },
  };
}

function nameMisreading(samconfig: SamConfig, entry: SamEntry): Misreading | undefined {
  const { path } = entry;
  const [profile = '', section = '', table = '', option = ''] = path;
  if (entry.isShared || profile === 'version') return undefined;
  switch (path.length) {
    case 1:
      return entry.kind === 'table' || samconfig.kind === 'yaml' && entry.value === null ? undefined : outside(entry, `[PROFILE.COMMAND.parameters]`);
    case 2:
      if (entry.kind !== 'table') return entry.value === null ? undefined : outside(entry, `[${profile}.COMMAND.parameters]`);
      return isSamSection(section) ? undefined : unknownSection(entry, section);
    case 3:
      return table === 'parameters' || /^pipeline_/u.test(section) || !isSamSection(section) ? undefined : outside(entry, `[${profile}.${section}.parameters]`);
    default:
      return table === 'parameters' ? unknownOption(samconfig, entry, section, option) : undefined;
  }
}

function outside(entry: SamEntry, where: string): Misreading {
  return {
    span: entry.keySpan,
    message: `sam does not read ${entry.path.join('.')}: options stand in ${where} alone`,
    advice: `move it to ${where}, or take it out`,
  };
}

function unknownSection(entry: SamEntry, section: string): Misreading {
  const meant = samSections.find((name) => name === section.replaceAll('-', '_')) ?? nearest(section, samSections);
  return {
    span: entry.keySpan,
    message: `sam has no command ${section}, so it ignores the section${meant === undefined ? '' : `; ${meant} is meant, perhaps`}`,
    advice: meant === undefined ? 'take the section out' : `call it ${meant}`,
  };
}

function unknownOption(samconfig: SamConfig, entry: SamEntry, section: string, option: string): Misreading | undefined {
  const known = samOptions(section);
  if (!known || known.has(option)) return undefined;
  const command = section === 'global' ? 'sam' : `sam ${section.replace('local_', 'local ').replaceAll('_', '-')}`;
  const meant = option.replaceAll('-', '_');
  const { source } = samconfig;
  if (known.has(meant)) {
    const isTaken = samEntries(samconfig).some(({ path }) => path.join('\n') === [...entry.path.slice(0, 3), meant].join('\n'));
    const edit: Edit = { kind: 'splice', path: source.path, source, ...entry.keySpan, text: meant };
    const message = `\`${command}\` ignores ${option}: options of samconfig have underscores`;
    return { span: entry.keySpan, message, ...(isTaken ? { advice: `take it out: ${meant} is there too` } : { fix: { title: `call it ${meant}, which sam then takes`, safety: 'unsafe', edits: [edit] } }) };
  }
  const others = samSections.filter((name) => name !== 'global' && samOptions(name)?.has(meant) === true);
  const near = others.length > 0 ? undefined : nearest(meant, [...known]);
  return {
    span: entry.keySpan,
    severity: others.length > 0 ? 'advice' : 'warning',
    message: `\`${command}\` ignores ${option}: ${others.length > 0 ? `it is an option of ${others.slice(0, 3).join(', ')}` : `it has no such option${near === undefined ? '' : `; ${near} is meant, perhaps`}`}`,
    advice: others.length > 0 ? `move it to the section of ${others.slice(0, 3).join(' or ')}, or take it out` : near === undefined ? 'take it out, or look for its name in the command\'s --help' : `call it ${near}, if that is meant`,
  };
}
