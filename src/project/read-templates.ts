import { lstatSync, realpathSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { once } from '../base/once.ts';
import { Failure, failure, fault, type Fault } from '../base/fault.ts';
import type { Result } from '../base/result.ts';
import { placeAt, squiggle } from '../base/source.ts';
import { parseToml } from '../syntax/toml.ts';
import { parseYaml } from '../syntax/yaml.ts';
import type { SamConfig, TemplateFile } from './project.ts';
import type { ProjectReader } from './read-text.ts';
import { evaluateTemplate, nestedParameters, type EvaluatedTemplate } from './template/evaluate.ts';
import type { RootInputs } from './template/evaluate-project.ts';
import { nestedLocation } from './template/locations.ts';

const parseOnce = once(parseYaml);

/** Stacks nest at most this deep before it is taken for a loop. */
const deepest = 20;

/**
 * Reads the root template and every local one that it nests, each evaluated with what its parent passes.
 * @param missing takes the faults of nested templates that are not there; without it they are thrown.
 */
export async function readTemplates(reader: ProjectReader, path: string, inputs: RootInputs, missing?: Fault[]): Promise<readonly [EvaluatedTemplate, ...EvaluatedTemplate[]]> {
  const root = evaluateTemplate({ template: await readTemplate(reader, path, []), ...inputs });
  return [root, ...(await readNested(reader, root, { ancestors: [path], region: inputs.region, missing }))];
}

interface AroundNested {
  readonly ancestors: readonly string[];
  readonly region: string | undefined;
  readonly missing: Fault[] | undefined;
}

/** The nested templates of one template, depth first. */
async function readNested(
  reader: ProjectReader,
  parent: EvaluatedTemplate,
  around: AroundNested,
): Promise<readonly EvaluatedTemplate[]> {
  const { ancestors, region, missing } = around;
  const nested: EvaluatedTemplate[] = [];
  for (const resource of parent.resources) {
    const location = nestedLocation(resource, parent);
    if (location?.kind !== 'local') continue;
    const span = (location.node ?? resource.key).span;
    const source = parent.template.source;
    const where = { place: placeAt(source, span.start), excerpt: squiggle(source, span) };
    const path = resolve(parent.template.folder, location.path);
    if (reader.kindOf(path) !== 'file') {
      const gone = fault('project/missing-file', `${resource.logicalId} nests ${location.path}, which is not there`, {
        ...where, why: `looked for ${path}`, next: 'correct the path; it is relative to the template that names it',
      });
      if (!missing) throw new Failure(gone);
      missing.push(gone);
      continue;
    }
    if (ancestors.includes(path) || ancestors.length >= deepest) {
      throw failure('project/unsupported', `${resource.logicalId} nests ${location.path}, which leads back to itself`, {
        ...where, why: 'a stack cannot contain itself', next: 'take the nested application out, or name another template',
      });
    }
    const template = await readTemplate(reader, path, [...parent.template.stackPath, resource.logicalId]);
    const parameters = nestedParameters(parent, resource.logicalId);
    const child = evaluateTemplate({ template, parameters, region, stackName: undefined });
    nested.push(child, ...(await readNested(reader, child, { ...around, ancestors: [...ancestors, path] })));
  }
  return nested;
}

async function readTemplate(reader: ProjectReader, path: string, stackPath: readonly string[]): Promise<TemplateFile> {
  const source = await reader.text(path);
  if (!source) throw failure('project/missing-file', `the template ${reader.shown(path)} is not there`, { next: 'check the path' });
  return { path, folder: templateFolder(path), source, document: parsed(parseOnce(source)), stackPath };
}

/** sam resolves the links of a template's own name, but not those of the folders before it. */
function templateFolder(path: string): string {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return dirname(path);
  return dirname(realpathSync(path));
}

/** The samconfig of a folder, in sam's order of preference. */
export async function readSamConfig(reader: ProjectReader, folder: string): Promise<SamConfig | undefined> {
  for (const name of ['samconfig.toml', 'samconfig.yaml', 'samconfig.yml']) {
    const path = join(folder, name);
    const source = await reader.text(path);
    if (!source) continue;
    if (extname(name) === '.toml') return { kind: 'toml', path, source, document: parsed(parseToml(source)) };
    return { kind: 'yaml', path, source, document: parsed(parseYaml(source)) };
  }
  return undefined;
}

/** The value of a parser's result; throws its first fault. */
export function parsed<T>(result: Result<T, Fault | readonly Fault[]>): T {
  if (result.ok) return result.value;
  const { error } = result;
  if (!('code' in error)) {
    const [first, ...others] = error;
    if (!first) throw new Error('unreachable: a parser failed without a fault');
    if (others.length === 0) throw new Failure(first);
    throw new Failure({ ...first, why: [first.why, `and ${others.length} more in the same file`].filter(Boolean).join('; ') });
  }
  throw new Failure(error);
}
