import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DiffId } from '../base/digest.ts';
import { attemptOnDisk } from '../base/fault.ts';
import type { TreeEntry } from '../base/tree.ts';
import { removeFile } from '../oci/remove-file.ts';
import type { ArchiveState } from '../oci/archive.ts';
import { isUnchanged, type FileIndexData } from '../graph/unchanged.ts';
import type { ImageBlobs } from '../oci/image.ts';
import type { Plan } from './plan.ts';
import type { BuildReport } from './report.ts';

/** Goes up with every change of what is kept. */
const version = 2;

/** What the quickest path reads: stats of every input and output, and what to print when all are equal. */
export interface BuildState {
  readonly version: number;
  /** Options and environment that a build depends on, as one text. */
  readonly request: string;
  readonly inputs: FileIndexData;
  /** Files that the build wrote, by the same stamps: somebody else may have wiped them. */
  readonly outputs: FileIndexData;
  /** Here rather than with the plan: they change with every build, and the plan is long. */
  readonly archives: Readonly<Record<string, ArchiveState>>;
  readonly report: BuildReport;
  /** Only where an edit of some file can be built by exchanging one layer. */
  readonly replay?: Replay | undefined;
}

/** What is kept so that an edit of a copied file is built without plan and graph. */
export interface Replay {
  readonly images: readonly ReplayImage[];
  /** Absolute paths of copied files that more than their layer depends on. */
  readonly elsewhere: readonly string[];
}

/** An image of which some layers can be exchanged. */
export interface ReplayImage {
  readonly fullPath: string;
  /** `repository:tag`. */
  readonly name: string;
  readonly blobs: ImageBlobs;
  readonly edits: readonly ReplayLayer[];
}

/** A layer made of files of the project alone. */
export interface ReplayLayer {
  readonly label: string;
  /** Place in the image's layers. */
  readonly at: number;
  readonly diffId: DiffId;
  readonly createdBy: string;
  /** In the layer's order, contents on disk. */
  readonly entries: readonly TreeEntry[];
}

/** What a build with changes starts from. */
export interface PlanState {
  /** Digest of what the plan was made from. */
  readonly madeFrom: string;
  readonly request: string;
  readonly plan: Plan;
}

/** The folder for shear's own files in a project. */
export function stateFolder(project: string): string {
  return join(project, '.aws-sam', 'shear');
}

/** Where outputs wait for being put into place; nothing in it survives a build. */
export function stagingFolder(project: string): string {
  return join(stateFolder(project), 'staging');
}

/** The report of the last build when nothing at all changed since; else undefined. No more is loaded for it than this file. */
export function unchangedReport(project: string, request: string): BuildReport | undefined {
  const state = readState(project);
  if (state?.request !== request) return undefined;
  return isUnchanged(state.inputs) && isUnchanged(state.outputs) ? state.report : undefined;
}

/** The state of the last build, if it is whole. */
export function readState(project: string): BuildState | undefined {
  const state = readJson<BuildState>(join(stateFolder(project), 'state.json'));
  return state && isIndex(state.inputs) && isIndex(state.outputs) && isTable(state.archives) && Array.isArray((state.report as BuildReport | undefined)?.functions) ? state : undefined;
}

/** The plan of the last build, if it is whole. */
export function readPlanState(project: string): PlanState | undefined {
  const state = readJson<PlanState & { readonly version: number }>(join(stateFolder(project), 'plan.json'));
  const plan = state?.plan as Partial<Plan> | undefined;
  return plan && [plan.nodes, plan.artefacts, plan.templates, plan.madeFrom].every(Array.isArray) ? state : undefined;
}

/** Keeps a build's state. */
export function writeState(project: string, state: Omit<BuildState, 'version'>, plan: PlanState | undefined): void {
  if (plan) writeJson(join(stateFolder(project), 'plan.json'), { version, ...plan });
  writeJson(join(stateFolder(project), 'state.json'), { version, ...state });
}

/** Forgets the last build before its outputs are touched, so that a crash in between is no "nothing changed". */
export function forgetState(project: string): void {
  removeFile(join(stateFolder(project), 'state.json'));
}

/** The files are shear's own and written whole; still a damaged one must cost no more than the time that it saves. */
function isIndex(index: FileIndexData | undefined): boolean {
  return isTable(index) && isTable(index?.files) && isTable(index?.folders) && Array.isArray(index?.absent);
}

function isTable(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function readJson<T extends { readonly version: number }>(path: string): T | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as T;
    return (value as T | null)?.version === version ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Writes a small file of shear's own, whole or not at all. Throws `disk/…`. */
export function writeJson(path: string, value: unknown): void {
  writeWhole(path, JSON.stringify(value));
}

/** Writes a text under a temporary name and gives it its own by renaming, its folder made if need be. Throws `disk/…`. */
export function writeWhole(path: string, text: string): void {
  attemptOnDisk(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.tmp`, text);
    renameSync(`${path}.tmp`, path);
  });
}
