import type { LambdaFunction, Model } from '../model/function.ts';
import { environmentsIn, samParameters, sectionsIn } from '../model/samconfig.ts';
import type { Project } from '../project/project.ts';

/** One kind of change of one part of the project, and the way that suits it. */
export interface SyncPath {
  /** A function, a layer, `template`, or a resource. */
  readonly subject: string;
  readonly change: string;
  readonly best: string;
  /** What the other ways would do. */
  readonly others: string;
}

/** How changes get to a stack, and how sam sync stands. */
export interface SyncPaths {
  readonly profile: string;
  readonly paths: readonly SyncPath[];
  /** `sam sync --watch --config-env dev`. */
  readonly syncCommand: string;
  /** What samconfig lacks for it; undefined when all is there. */
  readonly syncLacks: string | undefined;
}

/** Which way suits which change, for this project. */
export function syncPaths(project: Project, model: Model, asked: string): SyncPaths {
  const profile = asked === 'default' && environmentsIn(project).includes('dev') ? 'dev' : asked;
  const option = profile === 'default' ? '' : ` --config-env ${profile}`;
  return {
    profile, syncCommand: `sam sync --watch${option}`, syncLacks: lacksOf(project, profile, model),
    paths: [...model.functions.flatMap(pathsOf), ...model.layers.map((layer): SyncPath => ({
      subject: layer.fullPath, change: 'its files', best: 'shear dev --cloud: a new version of the layer, given to the functions that use it',
      others: 'shear dev runs functions with it at once; sam sync --watch does as --cloud, with a new build of it',
    })), ...resourcePaths(model), {
      subject: 'template', change: 'memory, timeout, variables, events, policies, resources', best: `sam deploy${option}, which shear dev --cloud runs by itself`,
      others: 'shear dev takes memory, timeout and variables at once; sam sync --watch deploys too, with all functions built and packaged anew',
    }],
  };
}

function pathsOf(fn: LambdaFunction): readonly SyncPath[] {
  const path = (change: string, best: string, others: string): SyncPath => ({ subject: fn.fullPath, change, best, others });
  switch (fn.package.kind) {
    case 'image':
      return [
        path('code', 'shear dev to run it here, shear dev --cloud to run it in the stack: the changed layer alone goes to ECR', 'sam sync --watch builds the whole image without a cache and pushes it, with every save'),
        path(`${fn.package.dockerfile.dockerfile.source.path}, dependencies`, 'shear dev --cloud: layers that stay are not sent again', 'sam sync --watch as for the code; sam deploy after shear push'),
      ];
    case 'zip':
      return [
        path('code', 'shear dev to run it here, shear dev --cloud to run it in the stack: one zip, straight to Lambda', 'sam sync --watch does that too, after a build by sam of a second or more'),
        path(fn.package.runtime.startsWith('python') ? 'requirements' : 'dependencies', 'shear dev --cloud: one zip; sam sync --watch where they are large and seldom change: it keeps them in a layer of its own', 'sam deploy'),
      ];
    case 'inline':
      return [path('InlineCode', 'sam deploy: the code is part of the template', 'sam sync --watch deploys it too; shear dev does not run it')];
    case 'prebuilt':
    case 'unbuildable':
      return [path('code', 'sam deploy: its code is not built here', 'none of the others sends it')];
  }
}

const syncable: Readonly<Record<string, string>> = {
  'AWS::Serverless::StateMachine': 'its definition', 'AWS::StepFunctions::StateMachine': 'its definition', 'AWS::Serverless::Api': 'its OpenAPI file', 'AWS::Serverless::HttpApi': 'its OpenAPI file',
};

function resourcePaths(model: Model): readonly SyncPath[] {
  return model.templates.flatMap(({ resources }) => resources.flatMap(({ logicalId, type }) => {
    const change = syncable[type];
    return change === undefined ? [] : [{ subject: logicalId, change, best: 'sam sync --watch: it updates the definition without a deployment', others: 'sam deploy; shear dev --cloud deploys where the template itself changes' }];
  }));
}

function lacksOf(project: Project, profile: string, { functions }: Model): string | undefined {
  const options = new Map(samParameters(project, profile, 'sync').map(({ name, value }) => [name, value]));
  const missing = [
    ...(options.has('stack_name') ? [] : ['stack_name']),
    ...(functions.some((fn) => fn.package.kind === 'image') && !options.has('image_repository') && !options.has('image_repositories') ? ['image_repository'] : []),
  ];
  if (missing.length === 0) return undefined;
  const section = sectionsIn(project, profile).includes('sync') ? `[${profile}.sync.parameters] lacks` : `there is no [${profile}.sync.parameters]; it needs`;
  return `${section} ${missing.join(' and ')} (\`shear fix --rule samconfig\` writes the section)`;
}
