import { relative, sep } from 'node:path';
import type { Project } from '../project/project.ts';
import type { FunctionEvents } from './function-events.ts';
import type { Inventory } from './inventory.ts';
import { sourceText } from './made-event.ts';
import { firstEvent, stackOf, tasksOf, type Task } from './tasks.ts';

/** Where the document goes. */
export const documentPath = 'DEVELOPMENT.md';

/** How a project is developed, with a quick start: made of what it has, and of commands that run in it. */
export function developmentDocument(project: Project, inventory: Inventory): string {
  const tasks = tasksOf(inventory);
  const call = callsOf(inventory, tasks);
  const sections = [
    ['# Development', `How to build, run, test and deploy ${inventory.name ?? 'this project'}.${inventory.makeTargets.has('help') ? ' `make` lists what there is.' : ''}`],
    quickStart(inventory, call),
    functionTable(project, inventory),
    everyDay(inventory, tasks, call),
    testing(inventory, call),
    variables(inventory),
    deploying(inventory, tasks, call),
  ];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n\n')).join('\n\n')}\n`;
}

/** The command of a task, by its name; undefined where the project has no such task. */
type Calls = (name: string) => string | undefined;

function callsOf(inventory: Inventory, tasks: readonly Task[]): Calls {
  const first = firstEvent(inventory);
  const words: Readonly<Record<string, string>> = { build: 'sam build', invoke: 'sam local invoke', function: first?.name ?? '', event: first?.event ?? '', repository: '' };
  return (name) => {
    const task = tasks.find((one) => one.name === name);
    if (inventory.makeTargets.has(name)) return `make ${name}`;
    const script = `sam:${name.replace('-', ':')}`;
    if (inventory.npmScripts.has(script)) return `npm run ${script}`;
    return task?.commands.map((command) => command.replace(/\{(\w+)\}/gu, (whole, word: string) => words[word] ?? whole).replace(/ -e (?=-|$)/u, ' ').trimEnd()).join('\n');
  };
}

function block(...commands: readonly (string | undefined)[]): string {
  return `\`\`\`sh\n${commands.filter((one) => one !== undefined && one !== '').join('\n')}\n\`\`\``;
}

function quickStart(inventory: Inventory, call: Calls): readonly string[] {
  const first = firstEvent(inventory);
  const isPlain = !inventory.makeTargets.has('run');
  const tools = [
    '- the [AWS SAM CLI](https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/install-sam-cli.html)',
    isPlain ? `- Docker, in which sam ${inventory.hasImages ? 'builds images and runs functions' : 'runs functions'}` : `- shear, or Docker for sam to ${inventory.hasImages ? 'build images and run functions' : 'run functions'} in`,
    ...languageTools(inventory),
    ...(inventory.makeTargets.size > 0 ? ['- make'] : []),
  ];
  const ran = first === undefined ? undefined : first.event === undefined ? `The last line is what \`${first.name}\` answered to \`{}\`.` : `The last line is what \`${first.name}\` answered to [\`${first.event}\`](${first.event}).`;
  return ['## Quick start', `From a clone to ${first ? 'a function that answers' : 'a build'} in five minutes. You need`, tools.join('\n'), block(call('build'), first ? call('run') : undefined), ...(ran ? [`${ran}${inventory.callsAws ? ' Where it calls AWS it does so with the credentials of your shell, so the event must name what is there.' : ''}`] : [])];
}

function languageTools({ runtimes, tests }: Inventory): readonly string[] {
  const python = runtimes.flatMap((runtime) => /^python(3\.\d+)$/u.exec(runtime)?.[1] ?? []).toSorted((a, b) => Number(b.slice(2)) - Number(a.slice(2)));
  const node = runtimes.flatMap((runtime) => /^nodejs(\d+)/u.exec(runtime)?.[1] ?? []).toSorted((a, b) => Number(b) - Number(a));
  const others = [['java', 'a JDK'], ['go', 'Go'], ['dotnet', 'the .NET SDK'], ['ruby', 'Ruby']].flatMap(([prefix = '', tool = '']) => (runtimes.some((one) => one.startsWith(prefix)) ? [`- ${tool}`] : []));
  const needsPytest = python.length === 0 && tests.some((one) => one.includes('pytest'));
  return [
    ...(python.length > 0 ? [`- Python ${python.join(' and ')}`] : needsPytest ? ['- Python 3, for the tests'] : []),
    ...(node.length > 0 ? [`- Node.js ${node.join(' and ')}`] : []),
    ...others,
  ];
}

function functionTable(project: Project, { functions }: Inventory): readonly string[] {
  if (functions.length === 0) return [];
  const rows = functions.map((one) => `| \`${one.subject.fullPath}\` | ${codeOf(project, one)} | ${callers(one)} | ${one.own.slice(0, 4).map(({ path }) => `[\`${path}\`](${path})`).join(', ') || '–'} |`);
  return ['## Functions', ['| function | code | called by | events |', '| --- | --- | --- | --- |', ...rows].join('\n')];
}

function codeOf(project: Project, { subject }: FunctionEvents): string {
  const shown = (path: string): string => relative(project.folder, path).split(sep).join('/') || '.';
  if (subject.package.kind === 'image') return `image, \`${shown(subject.package.dockerfile.path)}\``;
  return subject.package.kind === 'zip' ? `${subject.package.runtime}, \`${shown(subject.package.codeFolder)}\`` : '';
}

function callers({ sources }: FunctionEvents): string {
  const all = [...new Set(sources.map((source) => sourceText(source).replaceAll('|', String.raw`\|`)))];
  return all.length === 0 ? '–' : `${all.slice(0, 4).join(', ')}${all.length > 4 ? ` and ${all.length - 4} more` : ''}`;
}

function everyDay(inventory: Inventory, tasks: readonly Task[], call: Calls): readonly string[] {
  const rows = tasks.filter(({ isRemote, name }) => !isRemote && call(name)?.includes('\n') === false).map(({ name, does }) => `| \`${call(name)}\` | ${does.replace(': FUNCTION=… EVENT=…', '')} |`);
  const first = firstEvent(inventory);
  const choice = first && inventory.makeTargets.has('run') ? ['Another function or event:', block(`make run FUNCTION=${first.name}${first.event === undefined ? '' : ` EVENT=${first.event}`}`)] : [];
  return ['## Every day', ['| command | does |', '| --- | --- |', ...rows].join('\n'), ...choice];
}

function testing(inventory: Inventory, call: Calls): readonly string[] {
  if (inventory.tests.length === 0) return [];
  return ['## Tests', block(...inventory.testSetup, call('test'))];
}

function variables({ environmentFile }: Inventory): readonly string[] {
  if (environmentFile === undefined) return [];
  return ['## Variables', `[\`${environmentFile}\`](${environmentFile}) has the functions' environment variables for local runs: put in the names that a development stack has.`];
}

function deploying(inventory: Inventory, tasks: readonly Task[], call: Calls): readonly string[] {
  const { needsRepository, openParameters } = inventory.development;
  const remote = tasks.filter(({ isRemote }) => isRemote);
  const rows = remote.filter(({ name }) => name !== 'sync' || (!needsRepository && openParameters.length === 0)).map(({ name, does }) => `| \`${call(name)}\` | ${does} |`);
  const where = inventory.production ? `\`${stackOf(inventory.development, inventory)}\` is for development, \`${stackOf(inventory.production, inventory)}\` for production; samconfig has the profiles \`${inventory.development.profile}\` and \`${inventory.production.profile}\`.` : undefined;
  const told = [...(needsRepository ? ['IMAGE_REPOSITORY=…'] : []), ...(openParameters.length > 0 ? [`PARAMETERS='${openParameters.map((name) => `${name}=…`).join(' ')}'`] : [])];
  const why = [...(needsRepository ? ['a repository in ECR for its images'] : []), ...(openParameters.length > 0 ? ['values for the parameters that have none'] : [])].join(' and ');
  const sync = told.length > 0 && inventory.makeTargets.has('sync') ? `sync has to be told ${why}: \`make sync ${told.join(' ')}\`, or once for all in the Makefile.` : undefined;
  return ['## Deploying', `These need credentials of AWS${inventory.hasImages ? ', and Docker to push images' : ''}.`, ['| command | does |', '| --- | --- |', ...rows].join('\n'), ...[where, sync].filter((one) => one !== undefined)];
}
