import { onceForBoth } from '../base/once.ts';
import { relative, sep } from 'node:path';
import type { Model } from '../model/function.ts';
import { isGitIgnored } from '../model/git-ignored.ts';
import { environmentsIn, overridesIn, samParameters, type SamParameter, type SamValue } from '../model/samconfig.ts';
import type { Project } from '../project/project.ts';
import { get } from '../syntax/yaml.ts';
import { functionEvents, type FunctionEvents } from './function-events.ts';
import { languageOf, testsOf } from './handlers.ts';
import { environmentFileOf } from './local-environment.ts';
import { isGenerated } from './makefile-head.ts';
import { packageScripts, targetsOf } from './operations.ts';

/** A way to deploy the project: a profile of samconfig. */
export interface Stage {
  /** `dev`; `default` needs no --config-env. */
  readonly profile: string;
  readonly stackName: string | undefined;
  /** That of the section for sync, which must have one. */
  readonly syncStackName: string | undefined;
  /** sam needs to be told where images go: no repository stands in the section for sync. */
  readonly needsRepository: boolean;
  /** Some required parameter, or the repository of images, has a value nowhere: sam asks for it when it deploys. */
  readonly mustAsk: boolean;
  /** `NAME=VALUE`, from the sections for deploy and sync, where sync has to be told some: what the command line says replaces all of its section's. */
  readonly deployedValues: readonly string[];
  /** Parameters without a default that have a value nowhere, or one that a shell reads in another way: sync does not ask for it, and the first one of a stack fails. */
  readonly openParameters: readonly string[];
}

/** What there is to build, run, test and deploy, and with what: the facts behind generated scripts and documents. */
export interface Inventory {
  /** The stack's name without its stage; undefined where samconfig has none. */
  readonly name: string | undefined;
  /** What `sam build` and `sam sync` must be told where the template is not called as they expect: ` -t infra.yaml`; else empty. */
  readonly templateOption: string;
  readonly functions: readonly FunctionEvents[];
  readonly hasImages: boolean;
  /** Python versions and other runtimes that functions use. */
  readonly runtimes: readonly string[];
  readonly development: Stage;
  readonly production: Stage | undefined;
  readonly hasHttp: boolean;
  /** Some of the code calls AWS. */
  readonly callsAws: boolean;
  /** Variables for local runs, a relative path. */
  readonly environmentFile: string | undefined;
  /** Commands that run the tests. */
  readonly tests: readonly string[];
  /** Commands that install what tests need. */
  readonly testSetup: readonly string[];
  /** Of a Makefile that was written by others those alone whose names leave no doubt. */
  readonly makeTargets: ReadonlySet<string>;
  readonly npmScripts: ReadonlySet<string>;
}

/** Takes stock of a project. */
export const inventoryOf: (project: Project, model: Model) => Inventory = onceForBoth((project, model) => {
  const functions = functionEvents(project, model);
  const hasImages = functions.some(({ subject }) => subject.package.kind === 'image');
  const makefile = project.developerFiles.find(({ path }) => /^(?:GNUm|m|M)akefile$/u.test(path));
  const manifest = project.developerFiles.find(({ path }) => path === 'package.json');
  const profiles = environmentsIn(project);
  const development = profiles.find((name) => /^(?:dev|develop|development)$/iu.test(name)) ?? 'default';
  const production = profiles.find((name) => /^(?:prod|production|live)$/iu.test(name));
  return {
    name: textOf(samParameters(project, 'default', 'deploy').find(({ name }) => name === 'stack_name')?.value) ?? textOf(samParameters(project, development, 'deploy').find(({ name }) => name === 'stack_name')?.value)?.replace(/-dev(?:elopment)?$/u, ''),
    templateOption: templateOption(project),
    functions, hasImages,
    runtimes: [...new Set(functions.map(({ subject }) => (subject.package.kind === 'zip' ? subject.package.runtime : imageRuntime(subject.package.kind === 'image' ? subject.package.dockerfile.dockerfile.stages.at(-1)?.base.text : undefined))).filter((one) => one !== undefined))],
    development: stageOf(project, model, development, hasImages),
    production: production === undefined ? undefined : stageOf(project, model, production, hasImages),
    hasHttp: functions.some(({ sources }) => sources.some(({ kind }) => kind === 'Api' || kind === 'HttpApi')),
    callsAws: project.pythonSources.some(({ source }) => /\b(?:boto3|aiobotocore|aioboto3)\b/u.test(source.text)) || project.developerFiles.some(({ path, text }) => path.endsWith('package.json') && text.includes('aws-sdk')),
    environmentFile: sharedEnvironmentFile(project),
    ...testsIn(project, functions, manifest ? packageScripts(manifest) : {}),
    makeTargets: new Set(makefile ? targetsOf(makefile).filter((name) => isGenerated(makefile) || /^(?:build|test|clean)$/u.test(name)) : []),
    npmScripts: new Set(Object.keys(manifest ? packageScripts(manifest) : {})),
  };
});

/** One that git ignores is the developer's own: scripts for all cannot name it. */
function sharedEnvironmentFile(project: Project): string | undefined {
  const path = environmentFileOf(project);
  return path === undefined || isGitIgnored(project, path) ? undefined : path;
}

function templateOption(project: Project): string {
  const path = relative(project.folder, project.templates[0].path).split(sep).join('/');
  const isKnown = /^template\.(?:ya?ml|json)$/u.test(path) || samParameters(project, 'default', 'build').some(({ name }) => name === 'template_file' || name === 'template');
  return isKnown ? '' : ` -t ${path}`;
}

function textOf(value: SamValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function imageRuntime(base: string | undefined): string | undefined {
  const version = /python:?[^\d]*(3\.\d+)/u.exec(base ?? '')?.[1];
  return version === undefined ? undefined : `python${version}`;
}

function stageOf(project: Project, model: Model, profile: string, hasImages: boolean): Stage {
  const sync = samParameters(project, profile, 'sync');
  const deploy = samParameters(project, profile, 'deploy');
  const stackName = textOf(deploy.find(({ name }) => name === 'stack_name')?.value);
  const syncStackName = textOf(sync.find(({ name }) => name === 'stack_name')?.value);
  return { profile, stackName, syncStackName, needsRepository: hasImages && !sync.some(({ name }) => name === 'image_repository' || name === 'image_repositories'), mustAsk: model.functions.length > 0 && (openParameters(project, deploy).length > 0 || (hasImages && !deploy.some(({ name }) => /^(?:image_repository|image_repositories|resolve_image_repos)$/u.test(name)))), ...syncParameters(project, deploy, sync) };
}

/** Parameters of the template that have no default and no value in a section of samconfig; none where its values cannot be told. */
function openParameters(project: Project, sections: readonly SamParameter[]): readonly string[] {
  const given = sections.find(({ name }) => name === 'parameter_overrides');
  const values = given ? overridesIn(given.value) : new Map<string, string>();
  const parameters = get(project.templates[0].document.root, 'Parameters');
  if (!values || parameters?.kind !== 'map') return [];
  return parameters.entries.filter(({ key, value }) => value.kind === 'map' && get(value, 'Default') === undefined && !values.has(String(key.value))).map(({ key }) => String(key.value));
}

/** What sync has to be told on the command line, which stands in for all that its section says. */
function syncParameters(project: Project, deploy: readonly SamParameter[], sync: readonly SamParameter[]): Pick<Stage, 'deployedValues' | 'openParameters'> {
  const open = openParameters(project, sync);
  if (open.length === 0) return { deployedValues: [], openParameters: [] };
  const values = new Map([...valuesIn(deploy), ...valuesIn(sync)]);
  // What a shell or make would read in another way stays for people to write.
  const plain = [...values].filter(([, value]) => /^[\w.:/,@+-]+$/u.test(value));
  const told = new Set(plain.map(([name]) => name));
  return { deployedValues: plain.map(([name, value]) => `${name}=${value}`), openParameters: [...new Set([...open, ...values.keys()])].filter((name) => !told.has(name)) };
}

function valuesIn(section: readonly SamParameter[]): ReadonlyMap<string, string> {
  const given = section.find(({ name }) => name === 'parameter_overrides');
  return (given ? overridesIn(given.value) : undefined) ?? new Map<string, string>();
}

function testsIn(project: Project, functions: readonly FunctionEvents[], scripts: Readonly<Record<string, string>>): Pick<Inventory, 'tests' | 'testSetup'> {
  const files = testsOf(project).filter(({ path }) => !path.startsWith('../'));
  const all = files.filter(({ path }) => /(?:^|\/)(?:test_[^/]+|[^/]+_test)\.py$/u.test(path));
  // Tests of what is deployed fail wherever nothing is.
  const deployedFolder = (path: string): string | undefined => /^(?:[^/]+\/)*?(?:integration|integ|e2e|end[-_]to[-_]end)(?:[-_]?tests?)?(?=\/)/iu.exec(path)?.[0];
  const deployed = [...new Set(all.flatMap(({ path }) => deployedFolder(path) ?? []))];
  const python = all.filter(({ path }) => deployedFolder(path) === undefined);
  const smoke = files.find(({ path }) => path.endsWith('/smoke/smoke.mjs'));
  const hasConfiguration = project.developerFiles.some(({ path, text }) => path === 'pytest.ini' || (path === 'pyproject.toml' && text.includes('[tool.pytest')) || ((path === 'setup.cfg' || path === 'tox.ini') && /\[(?:tool:)?pytest\]/u.test(text)));
  const folders = [...new Set(python.map(({ path }) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '.')))];
  const left = deployed.map((folder) => ` --ignore=${folder}`).join('');
  const pytest = folders.length === 0 ? [] : [`python3 -m pytest${hasConfiguration ? '' : ` ${folders.includes('.') ? '.' : folders.join(' ')}`}${left}`];
  const hasNpm = scripts['test'] !== undefined && !scripts['test'].includes('no test specified');
  const isUnit = python.some(({ path }) => !path.endsWith('/smoke/test_smoke.py'));
  return {
    tests: [...(hasNpm ? ['npm test'] : []), ...pytest, ...(smoke ? [`node --test ${smoke.path}`] : [])],
    testSetup: [...(hasNpm ? ['npm install'] : []), ...(pytest.length > 0 ? pythonSetup(project, functions, isUnit) : [])],
  };
}

/** Unit tests import the functions' code, and with it what it needs; the smoke test needs pytest alone. */
function pythonSetup(project: Project, functions: readonly FunctionEvents[], isUnit: boolean): readonly string[] {
  const shown = (path: string): string => relative(project.folder, path).split(sep).join('/');
  const development = project.files.map(({ path }) => path).filter((path) => /^(?:tests\/)?(?:requirements[-_]?(?:dev|test|tests|development)|(?:dev|test)[-_]requirements|requirements)\.txt$/u.test(path) && path !== 'requirements.txt');
  const own = functions.flatMap(({ subject }) => {
    if (languageOf(subject) !== 'python') return [];
    const folder = subject.package.kind === 'zip' ? subject.package.codeFolder : subject.package.kind === 'image' ? subject.package.dockerfile.context : undefined;
    return folder === undefined ? [] : project.requirements.filter(({ path, requirements }) => path === `${folder}${sep}requirements.txt` && requirements.lines.some(({ kind }) => kind === 'requirement')).map(({ path }) => shown(path));
  });
  const files = [...new Set([...(isUnit ? own : []), ...development])].filter((path) => !path.startsWith('../'));
  return [...files.slice(0, 6).map((path) => `python3 -m pip install -r ${path}`), ...(development.length > 0 ? [] : ['python3 -m pip install pytest'])];
}
