import { failure } from '../../base/fault.ts';
import type { CloudStack } from '../../aws/cloudformation.ts';
import { environmentsIn, samParameters, stageOf } from '../../model/samconfig.ts';
import { parameterOverrides } from '../../project/parameter-overrides.ts';
import { lacksProfile, profileMissing } from '../../project/samconfig.ts';
import type { Project } from '../../project/project.ts';

/** The stack that a profile of samconfig deploys to. */
export interface CloudTarget {
  readonly profile: string;
  readonly stackName: string;
  /** As samconfig has it. */
  readonly region: string | undefined;
  /** The AWS profile that samconfig names. */
  readonly awsProfile: string | undefined;
  readonly bucket: string | undefined;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Words that stand for production alone, as a whole or as a part between hyphens. */
const production = /(?:^|[-_./])(?:prod|production|prd|live)(?:$|[-_./])/iu;

/**
 * The stack that a cloud session may change: that of `profile`, `dev` where nothing is said and samconfig has it.
 * Throws `usage` where there is none, and where anything marks it as production.
 */
export function cloudTarget(project: Project, asked: string, overrides: Readonly<Record<string, string>> = {}): CloudTarget {
  const target = stackOf(project, asked, overrides);
  refuse(target, productionMark(project, target));
  return target;
}

/** The stack of a profile, `dev` where nothing is said and samconfig has it; to be looked at only. */
export function stackOf(project: Project, asked: string, overrides: Readonly<Record<string, string>> = {}): CloudTarget {
  if (lacksProfile(project.samconfig, asked)) throw failure('usage', profileMissing(project.samconfig, asked), { next: 'choose one of these with --profile' });
  const profile = asked === 'default' && environmentsIn(project).includes('dev') ? 'dev' : asked;
  const found = (name: string): string | undefined => {
    for (const command of ['deploy', 'sync', 'package']) {
      const value = samParameters(project, profile, command).find((one) => one.name === name)?.value;
      if (typeof value === 'string' && value !== '') return value;
    }
    return undefined;
  };
  const stackName = found('stack_name');
  if (stackName === undefined) {
    throw failure('usage', `samconfig names no stack for the profile ${profile}`, { next: `write stack_name into [${profile}.deploy.parameters], or let \`shear fix --rule samconfig\` write the profiles` });
  }
  return {
    profile, stackName, region: found('region'), awsProfile: found('profile'), bucket: found('s3_bucket'),
    parameters: new Map([...parameterOverrides(project.samconfig, profile), ...Object.entries(overrides)]),
  };
}

/** What says in the project that a profile is production; undefined where nothing does. */
function productionMark(project: Project, { profile, stackName, parameters }: CloudTarget): string | undefined {
  if (samParameters(project, profile, 'deploy').some(({ name, value }) => name === 'shear_production' && (value === true || value === 'true'))) return `samconfig says shear_production for ${profile}`;
  if (production.test(profile)) return `the profile is called ${profile}`;
  if (production.test(stackName)) return `the stack is called ${stackName}`;
  const stage = parameters.get('Stage') ?? parameters.get('Environment') ?? stageOf(project, profile);
  return stage !== undefined && production.test(stage) ? `it deploys as ${stage}` : undefined;
}

/** Throws when the deployed stack is production, which it says by a tag or by its protection. */
export function refuseProductionStack(target: CloudTarget, stack: CloudStack): void {
  const tag = [...stack.tags].find(([key, value]) => /^(?:stage|env|environment)$/iu.test(key) && production.test(value));
  const parameter = [...stack.parameters].find(([key, value]) => /^(?:stage|env|environment)(?:name)?$/iu.test(key) && production.test(value));
  const mark = tag ? `its tag ${tag[0]} is ${tag[1]}` : parameter ? `its parameter ${parameter[0]} is ${parameter[1]}` : stack.isProtected ? 'termination protection is on' : undefined;
  refuse(target, mark);
}

function refuse({ profile, stackName }: CloudTarget, mark: string | undefined): void {
  if (mark === undefined) return;
  throw failure('usage', `${stackName} counts as production: ${mark}`, {
    why: 'code that is sent past CloudFormation has no review, no change set and no way back',
    next: `choose another profile with --profile (this is ${profile}), or deploy with \`sam deploy --config-env ${profile}\``,
  });
}
