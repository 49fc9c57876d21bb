import type { Inventory, Stage } from './inventory.ts';

/** Something that developers do with one word: `make build`, `npm run sam:build`. */
export interface Task {
  readonly name: string;
  /** For a list: what it does. */
  readonly does: string;
  /** Commands, one a line, in the words of sam; `{build}` and `{invoke}` stand for shear's or sam's; `{repository}` and `{parameters}` for what the user has to say. */
  readonly commands: readonly string[];
  /** Another task that goes first. */
  readonly needs?: 'build';
  /** Needs credentials of AWS. */
  readonly isRemote: boolean;
}

/** An event for a function, to start with. */
export function firstEvent({ functions }: Inventory): { readonly name: string; readonly event: string | undefined } | undefined {
  const all = functions.map((one) => ({ name: one.subject.fullPath, event: one.own[0]?.path, isSure: one.own[0]?.isSure === true }));
  return all.find(({ isSure }) => isSure) ?? all.find(({ event }) => event !== undefined) ?? all[0];
}

/** What can be done with a project, in the order of a day's work. Nothing that could not run is among them. */
export function tasksOf(inventory: Inventory): readonly Task[] {
  const { environmentFile, functions, tests, development, hasHttp } = inventory;
  const variables = environmentFile === undefined ? '' : ` --env-vars ${environmentFile}`;
  const local = (name: string, does: string, commands: readonly string[], needs?: 'build'): Task => ({ name, does, commands, isRemote: false, ...(needs ? { needs } : {}) });
  return [
    local('build', 'build every function and layer', [`{build}${inventory.templateOption}`]),
    ...(tests.length > 0 ? [local('test', 'run the tests', tests)] : []),
    ...(functions.length > 0 ? [local('run', 'run one function on one event: FUNCTION=… EVENT=…', [`{invoke} {function} -e {event}${variables}`], 'build')] : []),
    ...(hasHttp ? [local('api', 'serve the HTTP API on http://127.0.0.1:3000 (Docker)', [`sam local start-api${variables}`], 'build')] : []),
    ...(functions.length > 0 ? [{ name: 'sync', does: 'keep a development stack up to date while you edit', commands: [syncCommand(development, inventory)], isRemote: true }] : []),
    ...deployTasks(inventory),
    ...(functions.length > 0 ? [{ name: 'logs', does: `follow the logs of ${stackOf(development, inventory)}`, commands: [`sam logs --stack-name ${stackOf(development, inventory)} --tail`], isRemote: true }] : []),
    local('clean', 'remove what was built', ['rm -rf .aws-sam']),
  ];
}

function deployTasks(inventory: Inventory): readonly Task[] {
  const { development, production } = inventory;
  if (development.stackName === undefined && development.profile === 'default') return [{ name: 'deploy', does: 'deploy; sam asks for what it needs to know', commands: ['sam deploy --guided'], needs: 'build', isRemote: true }];
  const isSplit = production !== undefined || development.profile !== 'default';
  const one = (name: string, stage: Stage, does: string): Task => ({ name, does, commands: [deployCommand(stage)], needs: 'build', isRemote: true });
  return [
    one(isSplit ? 'deploy-dev' : 'deploy', development, `deploy ${isSplit ? 'the development stack, ' : ''}${stackOf(development, inventory)}`),
    ...(production ? [one('deploy-prod', production, `deploy the production stack, ${stackOf(production, inventory)}`)] : []),
  ];
}

function deployCommand(stage: Stage): string {
  const profile = stage.profile === 'default' ? '' : ` --config-env ${stage.profile}`;
  return `sam deploy${profile}${stage.stackName === undefined || stage.mustAsk ? ' --guided' : ''}`;
}

function syncCommand(stage: Stage, inventory: Inventory): string {
  const profile = stage.profile === 'default' ? '' : ` --config-env ${stage.profile}`;
  // The stack of the default profile may be production's, which edits must not reach.
  const own = stage.profile === 'default' ? `${inventory.name ?? defaultName}-dev` : stackOf(stage, inventory);
  const stack = stage.syncStackName === undefined ? ` --stack-name ${own}` : '';
  const values = [...stage.deployedValues, ...(stage.openParameters.length > 0 ? ['{parameters}'] : [])];
  return `sam sync --watch${inventory.templateOption}${profile}${stack}${stage.needsRepository ? ' --image-repository {repository}' : ''}${values.length > 0 ? ` --parameter-overrides ${values.join(' ')}` : ''}`;
}

/** What `sam deploy --guided` proposes. */
const defaultName = 'sam-app';

/** The name of a stage's stack: samconfig's, else one after the project. */
export function stackOf(stage: Stage, { name = defaultName, production }: Inventory): string {
  return stage.stackName ?? (stage === production ? `${name}-prod` : stage.profile === 'default' ? name : `${name}-dev`);
}
