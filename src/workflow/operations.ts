import { resolve, sep } from 'node:path';
import type { SourceFile } from '../base/source.ts';
import type { Project } from '../project/project.ts';

/** What developers do with a project, over and over. */
export type Operation = 'build' | 'test' | 'run' | 'deploy' | 'logs';

/** In the order in which they are told. */
export const operations: readonly Operation[] = ['build', 'test', 'run', 'deploy', 'logs'];

/** Commands that carry an operation out. */
const commands: Readonly<Record<Operation, RegExp>> = {
  build: /\bsam (?:build|sync)\b|\bshear build\b|\bdocker(?:\s+buildx)? build\b|\bdocker[- ]compose\b[^\n]*\bbuild\b|\bnpm (?:run build|install|ci)\b|\b(?:yarn|pnpm)\b|\bpip3? install\b|\buv (?:sync|pip)\b|\bpoetry install\b|\bpipenv (?:install|sync)\b|\bmvn\b|\bgradlew?\b|\bgo build\b|\bdotnet build\b|\bcargo\b|\bmake (?:all|build|install|setup|init)\b/u,
  test: /\bpytest\b|\bunittest\b|\bnose2?\b|\btox\b|\bnox\b|\b(?:npm|yarn|pnpm) (?:run )?test\b|\bjest\b|\bvitest\b|\bmocha\b|\bnode --test\b|\bmvn\b[^\n]*\btest\b|\bgradlew? test\b|\bgo test\b|\bdotnet test\b|\bcargo test\b|\brspec\b|\bmake [\w-]*test/u,
  run: /\bsam local\b|\bsam sync\b|\bsam remote invoke\b|\bshear (?:invoke|dev)\b|\blambda invoke\b|\bdocker(?:\s+compose)? (?:run|up)\b|\bdocker-compose\b|\b(?:npm|yarn|pnpm) (?:run )?(?:start|dev)\b|\blocalhost:\d+|\bcurl\b|\bpython3? \S+\.py\b|\buvicorn\b|\bmake [\w-]*(?:run|start|invoke|local|dev)\b/u,
  deploy: /\bsam (?:deploy|sync|package)\b|\bcloudformation (?:deploy|create-stack|update-stack|package)\b|\bcdk deploy\b|\b(?:serverless|sls) deploy\b|\bmake [\w-]*deploy|\b(?:npm|yarn|pnpm) run [\w:-]*deploy|\bterraform apply\b|\.\/[\w/-]*(?:deploy|publish|setup|install)[\w-]*\.sh\b/u,
  logs: /\bsam logs\b|\baws logs\b|\bshear logs\b|\bmake [\w-]*logs?\b|\bcw(?:tail|logs)\b/u,
};

/** Names of targets and scripts that carry an operation out, whatever is behind them. */
const names: Readonly<Record<Operation, RegExp>> = {
  build: /^(?:all|build|compile|bundle|package|image)s?$|^(?:sam|docker|shear)[-:]build/iu,
  test: /test|^(?:check|pytest|tox)$/iu,
  run: /^(?:run|start|serve|invoke|local|dev|watch|up)(?:$|[-:_])|[-:_](?:invoke|local|start|run)$/iu,
  deploy: /deploy|publish|release/iu,
  logs: /logs?(?:$|[-:_])|^tail/iu,
};

const scriptFile = /(?:^|\/)(?:(?:gnu)?makefile|justfile|taskfile\.ya?ml|noxfile\.py|tasks\.py|tox\.ini|pyproject\.toml|package\.json|[\w.-]+\.(?:sh|ps1|bat|cmd))$|(?:^|\/)(?:scripts?|bin)\/[\w.-]+$/iu;

/** A file of scripts, with the operations that it has commands for. */
export interface ScriptFile {
  readonly file: SourceFile;
  readonly operations: ReadonlySet<Operation>;
}

/** Makefiles, package.json and the like, and shell scripts; of the project and above it. Makefiles of single functions count by their targets. */
export function scriptFilesOf(project: Project): readonly ScriptFile[] {
  const own = new Set([project.folder, ...project.templates.map(({ folder }) => folder), ...project.named.keys()]);
  return project.developerFiles.flatMap((file): readonly ScriptFile[] => {
    if (!scriptFile.test(file.path)) return [];
    // A web page's scripts build the page, not the functions.
    const folder = resolve(project.folder, file.path, '..');
    if (file.path.endsWith('package.json') && !file.path.startsWith('../') && !own.has(folder) && ![...own].some((one) => one !== project.folder && folder.startsWith(one + sep))) return [];
    const found = file.path.endsWith('package.json') ? packageOperations(file) : operationsIn(file.text, targetsOf(file));
    return [{ file, operations: found }];
  });
}

/** The operations that a text has commands for. */
export function operationsIn(text: string, targets: readonly string[] = []): ReadonlySet<Operation> {
  return new Set(operations.filter((one) => commands[one].test(text) || targets.some((target) => names[one].test(target))));
}

/** The targets of a Makefile or justfile. `build-LogicalId` is sam's own way to build one function, not a developer's. */
export function targetsOf({ path, text }: SourceFile): readonly string[] {
  if (!/(?:^|\/)(?:(?:gnu)?makefile|justfile)$/iu.test(path)) return [];
  return Array.from(text.matchAll(/^([A-Za-z][\w./-]*)[^:=\n#]*:(?![=:])/gmu), (match) => match[1] ?? '').filter((name) => !/^build-[A-Z]/u.test(name));
}

/** The scripts of a package.json. */
export function packageScripts({ text }: SourceFile): Readonly<Record<string, string>> {
  try {
    const parsed = JSON.parse(text.replace(/^\uFEFF/u, '')) as { readonly scripts?: unknown } | null;
    const scripts = parsed?.scripts;
    if (typeof scripts !== 'object' || scripts === null) return {};
    return Object.fromEntries(Object.entries(scripts).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return {};
  }
}

function packageOperations(file: SourceFile): ReadonlySet<Operation> {
  // npm init writes a test script that only says that there is none.
  const scripts = Object.entries(packageScripts(file)).filter(([, command]) => !command.includes('no test specified'));
  return operationsIn(scripts.map(([, command]) => command).join('\n'), scripts.map(([name]) => name));
}
