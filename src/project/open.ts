import { resolve } from 'node:path';
import type { Fault } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import type { SourceFile } from '../base/source.ts';
import { findTemplate } from './find-template.ts';
import { listProjectFiles, mostFiles } from './list-files.ts';
import type { PathKind, Project } from './project.ts';
import { readDeveloperFiles } from './read-developer-files.ts';
import { readCopySources } from './copy-sources.ts';
import { readDockerfiles } from './read-dockerfiles.ts';
import { readGitignores } from './read-gitignores.ts';
import { readManifests } from './read-manifests.ts';
import { readOtherTexts } from './read-other-texts.ts';
import { readPython, readScripts } from './read-python.ts';
import { readRequirements } from './read-requirements.ts';
import { readSamConfig, readTemplates } from './read-templates.ts';
import { createReader } from './read-text.ts';
import { lacksProfile, profileMissing } from './samconfig.ts';
import { referencesOf } from './references.ts';
import { rootInputs, type GivenByUser } from './template/evaluate-project.ts';

/** What to open and how. */
export interface OpenOptions extends GivenByUser {
  /** The project folder; relative to the host's working folder. */
  readonly folder: string;
  /** The template, relative to the folder; else samconfig's template_file, else sam's default names. */
  readonly template?: string | undefined;
  /** Unsaved texts by project-relative path: they stand in for files on disk, or add to them. */
  readonly overlay?: ReadonlyMap<string, string> | undefined;
  /** Files of earlier readings of the same project, added to: see `createReader`. */
  readonly kept?: Map<string, SourceFile> | undefined;
  /** Keeps nested templates that are not there in `faults`, for those who look on: what a script of the project's makes first is no fault of the rest. */
  readonly allowsMissingTemplates?: boolean | undefined;
  /** The caller refuses a profile that samconfig does not have: no warning of it besides. */
  readonly refusesMissingProfile?: boolean | undefined;
  /** Keeps Dockerfiles that cannot be read in `brokenDockerfiles`, for those who want some of the functions: only those with such a one are touched by it. */
  readonly allowsBrokenDockerfiles?: boolean | undefined;
}

/**
 * Finds and reads a SAM project, following what its templates reference as far as parameters, samconfig and intrinsic
 * functions tell. Throws a `Failure` for what stops everything: no template, a nested template that is not there, a
 * template, samconfig or Dockerfile that is not UTF-8 or does not parse. What stops only a part is kept in `faults`,
 * or shows as `absent` in `named`.
 */
export async function openProject(host: Pick<Host, 'cwd' | 'emit'>, options: OpenOptions): Promise<Project> {
  const folder = resolve(host.cwd, options.folder);
  const reader = createReader(folder, options.overlay, options.kept);
  const { path, samconfig } = await findTemplate(reader, (from) => readSamConfig(reader, from), {
    template: options.template, environment: options.profile ?? 'default',
  });
  if (lacksProfile(samconfig, options.profile) && options.refusesMissingProfile !== true) host.emit({ kind: 'warning', text: `${profileMissing(samconfig, options.profile)}; without it sam's defaults count` });
  const missing: Fault[] = [];
  const templates = await readTemplates(reader, path, rootInputs(samconfig, options), options.allowsMissingTemplates === true ? missing : undefined);
  const references = referencesOf(templates);
  const { dockerfiles, broken: brokenDockerfiles } = await readDockerfiles(reader, references.dockerfiles, options.allowsBrokenDockerfiles === true);
  const roots = [...new Set([...references.codeFolders, ...references.layerFolders, ...references.dockerfiles.map(({ context }) => context)])];
  const folders = roots.filter((root) => reader.kindOf(root) === 'folder');
  const listing = listProjectFiles(reader, [folder, ...folders]);
  if (!listing.isComplete) {
    host.emit({ kind: 'warning', text: `${folder} holds more than ${mostFiles} files; only the first ones are looked at` });
  }
  const requirements = await readRequirements(reader, folders, listing.files, dockerfiles);
  const python = await readPython(reader, folders, listing.files);
  const manifests = await readManifests(reader, folders, listing.files);
  const developer = await readDeveloperFiles(reader, listing.files);
  const otherTexts = await readOtherTexts(reader, references.dockerfiles.map(({ context }) => context), listing.files);
  // Rules alone look at them, and only where there is a Node function.
  const hasNode = templates.some(({ template }) => /nodejs/iu.test(template.source.text));
  const scripts = hasNode ? await readScripts(reader, folders, listing.files) : { sources: [], faults: [] };
  const named = [...roots, ...references.dockerfiles.map((file) => file.path)];
  const [root, ...nested] = templates.map((evaluated) => evaluated.template);
  if (!root) throw new Error('unreachable: a project without a template');
  return {
    folder,
    templates: [root, ...nested],
    samconfig,
    dockerfiles,
    brokenDockerfiles,
    requirements: requirements.requirements,
    pythonSources: python.sources,
    scriptSources: scripts.sources,
    otherTexts,
    manifests,
    files: listing.files,
    skipped: listing.skipped,
    areFilesComplete: listing.isComplete,
    unfollowedLinks: listing.unfollowed,
    developerFiles: developer.files,
    areDeveloperFilesComplete: developer.isComplete,
    gitignores: readGitignores(folder),
    named: new Map(named.map((name): readonly [string, PathKind] => [name, reader.kindOf(name)])),
    copySources: readCopySources(reader, dockerfiles),
    includes: references.includes.map((include) => ({ ...include, exists: reader.kindOf(include.path) === 'file' })),
    faults: [...missing, ...requirements.faults, ...python.faults, ...scripts.faults],
  };
}
