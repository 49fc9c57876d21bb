import type { SourceFile } from '../base/source.ts';
import type { Edit } from '../edits/edit.ts';
import type { LambdaFunction } from '../model/function.ts';
import type { Project } from '../project/project.ts';
import { languageOf } from './handlers.ts';
import { environmentFileOf, environmentPathFor } from './local-environment.ts';
import { nodeCase, nodeSmokeTest } from './smoke-node.ts';
import { pythonCase, pythonSmokeTest } from './smoke-python.ts';

/** One event for one function. */
export interface SmokeCase {
  /** As sam and shear call the function. */
  readonly name: string;
  /** Relative to the project; absent where nothing tells what it takes. */
  readonly event: string | undefined;
  /** The event is one of the project's own, not one made up. */
  readonly isOwn: boolean;
}

/** Where smoke tests are, and what runs them. */
export interface SmokeTest {
  readonly path: string;
  readonly command: string;
}

/** The smoke test's place: in the folder of tests that the project has; for Node's test runner where all functions are Node's. */
export function smokeTestOf(project: Project, functions: readonly LambdaFunction[]): SmokeTest {
  const folder = !hasFolder(project, 'tests') && hasFolder(project, 'test') ? 'test' : 'tests';
  const isNode = functions.length > 0 && functions.every((one) => languageOf(one) === 'node');
  if (isNode) return { path: `${folder}/smoke/smoke.mjs`, command: `node --test ${folder}/smoke/smoke.mjs` };
  return { path: `${folder}/smoke/test_smoke.py`, command: `python3 -m pytest ${folder}/smoke` };
}

/** The edit that gives the smoke test these cases: a new file, or lines in its table; undefined when the file's table is gone. */
export function smokeEdit(place: SmokeTest, cases: readonly SmokeCase[], project: Project): Edit | undefined {
  const isNode = place.path.endsWith('.mjs');
  const existing = project.developerFiles.find(({ path }) => path === place.path);
  if (existing) return insertCases(existing, cases.map(isNode ? nodeCase : pythonCase));
  if (project.files.some(({ path }) => path === place.path)) return undefined;
  const environment = environmentFileOf(project) ?? environmentPathFor(project);
  const folder = place.path.split('/').slice(0, -1).join('/');
  return { kind: 'create', path: place.path, text: isNode ? nodeSmokeTest(cases, place.path, environment) : pythonSmokeTest(cases, folder, environment) };
}

function insertCases(file: SourceFile, lines: readonly string[]): Edit | undefined {
  const match = /^(?:const )?CASES = \[(\r?\n)/mu.exec(file.text);
  if (!match) return undefined;
  const at = match.index + match[0].length;
  return { kind: 'splice', path: file.path, source: file, start: at, end: at, text: lines.map((line) => line + (match[1] ?? '\n')).join('') };
}

function hasFolder({ files }: Project, name: string): boolean {
  return files.some(({ path }) => path.startsWith(`${name}/`));
}
