import { nearest } from '../base/nearest.ts';
import { placeAt, type Place, type Span } from '../base/source.ts';
import type { TomlNode } from '../syntax/toml.ts';
import type { YamlNode } from '../syntax/yaml.ts';
import type { SamConfig } from './project.ts';
import { membersOf, nameOf } from './template/nodes.ts';

/** A value of samconfig as plain data. */
export type SamValue = string | number | boolean | null | readonly SamValue[] | { readonly [name: string]: SamValue };

/** One option that samconfig sets for a command. */
export interface SamParameter {
  /** As written; sam silently ignores names with hyphens. */
  readonly name: string;
  readonly value: SamValue;
  /** Of the key. */
  readonly place: Place;
  /** Of the value, in the samconfig file. */
  readonly span: Span;
  /** Which section it stands in: the command's own, or `global` of the same environment. */
  readonly section: string;
}

/**
 * The options of one command in one environment, as sam reads them: `[env.global.parameters]` under
 * `[env.command.parameters]`; nothing is inherited from another environment.
 */
export function parametersOf(samconfig: SamConfig | undefined, environment: string, command: string): readonly SamParameter[] {
  const found = new Map<string, SamParameter>();
  for (const section of ['global', command.replace(/[ -]/gu, '_')]) {
    for (const parameter of sectionParameters(samconfig, environment, section)) found.set(parameter.name, parameter);
  }
  return [...found.values()];
}

/** The environments (profiles) that a samconfig names. */
export function environmentsOf(samconfig: SamConfig | undefined): readonly string[] {
  if (!samconfig) return [];
  return children(rootOf(samconfig)).filter((child) => child.value.kind !== 'scalar' && child.name !== 'version').map((child) => child.name);
}

/** Whether a profile was asked for that samconfig has no section of. sam takes its defaults then, without a word. */
export function lacksProfile(samconfig: SamConfig | undefined, profile: string | undefined): samconfig is SamConfig {
  return samconfig !== undefined && profile !== undefined && profile !== 'default' && !environmentsOf(samconfig).includes(profile);
}

/** In words. */
export function profileMissing(samconfig: SamConfig, profile = 'default'): string {
  const known = environmentsOf(samconfig);
  const close = nearest(profile, known);
  return `${samconfig.source.path} has no profile ${profile}${close === undefined ? '' : ` (did you mean ${close}?)`}${known.length === 0 ? '' : `; there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`}`;
}

/** The span of the deepest key along a path that is there; undefined when not even the first one is. */
export function sectionSpan(samconfig: SamConfig | undefined, path: readonly string[]): Span | undefined {
  let at: ConfigNode | undefined = samconfig && rootOf(samconfig);
  let span: Span | undefined;
  for (const name of path) {
    const child: Child | undefined = children(at).find((one) => one.name === name);
    if (!child) break;
    span = child.keySpan;
    at = child.value;
  }
  return span;
}

/** The sections (commands, `global`) that an environment has, in the order of the file. */
export function sectionsOf(samconfig: SamConfig | undefined, environment: string): readonly string[] {
  const found = samconfig && children(rootOf(samconfig)).find((child) => child.name === environment);
  return children(found?.value).filter((child) => child.value.kind === 'table' || child.value.kind === 'map').map((child) => child.name);
}

type ConfigNode = TomlNode | YamlNode;

interface Child {
  readonly name: string;
  readonly keySpan: Span;
  readonly value: ConfigNode;
}

function rootOf(samconfig: SamConfig): ConfigNode {
  return samconfig.document.root;
}

function sectionParameters(samconfig: SamConfig | undefined, environment: string, section: string): readonly SamParameter[] {
  if (!samconfig) return [];
  const path = [environment, section, 'parameters'];
  const table = path.reduce<ConfigNode | undefined>((at, name) => children(at).find((child) => child.name === name)?.value, rootOf(samconfig));
  return children(table).map((child) => ({
    name: child.name,
    value: plain(child.value),
    place: placeAt(samconfig.source, child.keySpan.start),
    span: child.value.span,
    section,
  }));
}

function children(node: ConfigNode | undefined): readonly Child[] {
  if (node?.kind === 'table') return node.entries.map((entry) => ({ name: entry.key, keySpan: entry.keySpan, value: entry.value }));
  return membersOf(node?.kind === 'map' ? node : undefined).map((entry) => ({ name: nameOf(entry), keySpan: entry.key.span, value: entry.value }));
}

/** A node as plain data; dates and large numbers as they are written. */
export function plain(node: ConfigNode): SamValue {
  switch (node.kind) {
    case 'scalar':
      return typeof node.value === 'bigint' || node.value instanceof Date ? node.text : node.value;
    case 'array':
    case 'list':
      return node.items.map(plain);
    case 'table':
    case 'map':
      return Object.fromEntries(children(node).map((child) => [child.name, plain(child.value)]));
  }
}
