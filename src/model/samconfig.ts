import type { Project } from '../project/project.ts';
import { parametersOf, type SamParameter } from '../project/samconfig.ts';

export type { SamParameter, SamValue } from '../project/samconfig.ts';

/**
 * The options that samconfig gives a command in an environment, as sam resolves them: the command's own section over
 * `global` of the same environment, nothing inherited from another one. `command` as typed or as in samconfig
 * (`local start-api`, `local_start_api`).
 */
export function samParameters(project: Pick<Project, 'samconfig'>, profile: string, command: string): readonly SamParameter[] {
  return parametersOf(project.samconfig, profile, command);
}
