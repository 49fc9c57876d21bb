import { lstatSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { failure } from '../base/fault.ts';
import { squiggle } from '../base/source.ts';
import type { SamConfig } from './project.ts';
import type { ProjectReader } from './read-text.ts';
import { parametersOf } from './samconfig.ts';

/** The names that sam looks for, in its order. */
const defaultNames = ['template.yaml', 'template.yml', 'template.json'] as const;

/** Reads a folder's samconfig, undefined when there is none. */
export type ReadSamConfig = (folder: string) => Promise<SamConfig | undefined>;

/** What was found. */
export interface FoundTemplate {
  /** Absolute. */
  readonly path: string;
  readonly samconfig: SamConfig | undefined;
}

/**
 * The root template and the samconfig that goes with it: the template named by the caller, else by samconfig's
 * `template_file` for build in the environment, else sam's default names, else the only file that looks like one.
 * sam reads the samconfig beside the template that it is given, else the one of the working folder.
 */
export async function findTemplate(
  reader: ProjectReader,
  readSamConfig: ReadSamConfig,
  options: { readonly template: string | undefined; readonly environment: string },
): Promise<FoundTemplate> {
  if (options.template !== undefined) {
    const path = resolve(reader.folder, options.template);
    requireFile(reader, path);
    const beside = await readSamConfig(dirname(path));
    return { path, samconfig: beside ?? (await readSamConfig(reader.folder)) };
  }
  const samconfig = await readSamConfig(reader.folder);
  const configured = samconfig && configuredTemplate(reader, samconfig, options.environment);
  if (configured !== undefined) return { path: configured, samconfig };
  const path = defaultNames.map((name) => join(reader.folder, name)).find((candidate) => reader.kindOf(candidate) === 'file');
  return { path: path ?? (await onlyCandidate(reader)), samconfig };
}

function requireFile(reader: ProjectReader, path: string): void {
  const kind = reader.kindOf(path);
  if (kind === 'file') return;
  throw failure('project/not-found', `the template ${reader.shown(path)} ${kind === 'folder' ? 'is a folder' : 'is not there'}`, {
    why: `looked for ${path}`,
    next: 'name the template file with its path relative to the project folder',
  });
}

/** `.aws-sam/build/template.yaml` as template_file serves deploy; it is never the source. */
function configuredTemplate(reader: ProjectReader, samconfig: SamConfig, environment: string): string | undefined {
  const parameters = parametersOf(samconfig, environment, 'build');
  const parameter = parameters.find(({ name }) => name === 'template_file') ?? parameters.find(({ name }) => name === 'template');
  if (!parameter || typeof parameter.value !== 'string' || parameter.value.includes('.aws-sam')) return undefined;
  const path = resolve(dirname(samconfig.path), parameter.value);
  if (reader.kindOf(path) === 'file') return path;
  throw failure('project/missing-file', `${parameter.name} names ${parameter.value}, which is not there`, {
    place: parameter.place,
    excerpt: squiggle(samconfig.source, parameter.span),
    why: `looked for ${path}`,
    next: `correct ${parameter.name} in ${samconfig.source.path}, or take the line out to use template.yaml`,
  });
}

async function onlyCandidate(reader: ProjectReader): Promise<string> {
  const candidates: string[] = [];
  for (const name of namesIn(reader.folder)) {
    if (!/\.(?:ya?ml|json|template)$/iu.test(name)) continue;
    const path = join(reader.folder, name);
    if (await looksLikeTemplate(reader, path)) candidates.push(name);
  }
  const odd = candidates.length === 0 ? defaultNames.find((name) => lstatSync(join(reader.folder, name), { throwIfNoEntry: false })) : undefined;
  if (odd !== undefined) throw notAFile(reader, odd);
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return join(reader.folder, only);
  const lookedFor = `${defaultNames.join(', ')} in ${reader.folder}`;
  if (candidates.length > 1) {
    throw failure('project/not-found', `${candidates.length} templates and none of them is called template.yaml: ${candidates.join(', ')}`, {
      why: `looked for ${lookedFor}`,
      next: `choose one with \`--template ${only ?? ''}\`, or set template_file under [default.global.parameters] in samconfig.toml`,
    });
  }
  throw failure('project/not-found', `no SAM template in ${reader.folder}`, {
    why: `looked for ${lookedFor}, and for any other YAML or JSON file with Resources of AWS types`,
    next: 'run shear in the folder of the SAM template, or name that folder with `--project DIR`',
  });
}

function notAFile(reader: ProjectReader, name: string): Error {
  const found = lstatSync(join(reader.folder, name), { throwIfNoEntry: false });
  const what = found?.isDirectory() ? 'is a folder' : found?.isSymbolicLink() ? 'is a link that leads to no file' : 'is no ordinary file';
  return failure('project/not-found', `the template ${name} ${what}`, { place: { file: name, line: 1, column: 1 }, next: 'put the template there, or name it with `--template FILE`' });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch (cause) {
    throw failure('project/not-found', `the folder ${folder} cannot be read`, {
      why: 'it is not there, is not a folder, or its permissions forbid it',
      next: 'name the folder of the SAM template with `--project DIR`',
      cause,
    });
  }
}

/** SAM's transform, or Resources with AWS types; read loosely, since other YAML files may not parse at all. */
async function looksLikeTemplate(reader: ProjectReader, path: string): Promise<boolean> {
  if (reader.kindOf(path) !== 'file') return false;
  const source = await reader.text(path).catch(() => undefined);
  if (!source) return false;
  return /^\s*"?Resources"?\s*:/mu.test(source.text) && /"?Type"?\s*:\s*["']?AWS::/u.test(source.text);
}
