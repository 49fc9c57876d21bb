import type { Edit } from '../edits/edit.ts';
import type { SamConfig } from '../project/project.ts';
import { setTomlKey } from '../syntax/toml.ts';
import type { RuleContext } from './rule.ts';

/** Sets an option of a command in samconfig.toml, which is made where there is none; undefined for samconfig in YAML. */
export function setOption(samconfig: SamConfig | undefined, command: string, key: string, valueText: string): Edit | undefined {
  if (!samconfig) return { kind: 'create', path: 'samconfig.toml', text: `version = 0.1\n\n[default.${command}.parameters]\n${key} = ${valueText}\n` };
  if (samconfig.kind !== 'toml') return undefined;
  return { kind: 'splice', path: samconfig.source.path, source: samconfig.source, ...setTomlKey(samconfig.document, ['default', command, 'parameters'], key, valueText) };
}

/** Where a finding about samconfig stands: its first line, or that of the template where there is none. */
export function samconfigPlace(samconfig: SamConfig | undefined, { project }: RuleContext): { readonly file: SamConfig['source']; readonly span: { readonly start: number; readonly end: number } } {
  return { file: samconfig?.source ?? project.templates[0].source, span: { start: 0, end: 0 } };
}

/** True when something of the project is built by sam as a zip. */
export function hasZips({ model }: RuleContext): boolean {
  return model.functions.some((one) => one.package.kind === 'zip') || model.layers.some((one) => one.buildMethod !== undefined);
}
