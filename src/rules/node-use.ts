import { sep } from 'node:path';
import { importsIn } from '../iam/reachable-scripts.ts';
import { tokenizeScript } from '../iam/script-tokens.ts';
import type { LambdaFunction, ZipPackage } from '../model/function.ts';
import { nodeManifests, type NodeManifest } from '../model/node-manifest.ts';
import type { PythonSource } from '../project/project.ts';
import { projectPath } from './requirements-use.ts';
import type { RuleContext } from './rule.ts';

/** A Node.js function that sam builds with npm, or bundles with esbuild. */
export interface NodeFunction {
  readonly subject: LambdaFunction;
  readonly code: ZipPackage;
  /** 18 for nodejs18.x. */
  readonly version: number;
  readonly isBundled: boolean;
}

/** A package.json in the code folder of functions. */
export interface NodeUse {
  readonly manifest: NodeManifest;
  readonly functions: readonly NodeFunction[];
}

/** The functions of a Node.js runtime that sam installs packages for. */
export function nodeFunctions({ model }: Pick<RuleContext, 'model'>): readonly NodeFunction[] {
  return model.functions.flatMap((subject) => {
    const code = subject.package;
    const version = code.kind === 'zip' ? /^nodejs(\d+)/u.exec(code.runtime)?.[1] : undefined;
    if (code.kind !== 'zip' || version === undefined) return [];
    const isBundled = code.buildMethod === 'esbuild';
    return code.buildMethod === undefined || isBundled ? [{ subject, code, version: Number(version), isBundled }] : [];
  });
}

/** Every package.json that such functions are built from. */
export function nodeUses(context: Pick<RuleContext, 'project' | 'model'>): readonly NodeUse[] {
  const functions = nodeFunctions(context);
  return nodeManifests(context.project).flatMap((manifest) => {
    const own = functions.filter(({ code }) => projectPath(context.project, code.codeFolder) === manifest.folder);
    return own.length === 0 ? [] : [{ manifest, functions: own }];
  });
}

/** What scripts below folders (absolute) import. */
export interface ScriptImports {
  readonly sources: readonly PythonSource[];
  /** Names of packages: `@scope/name` or `name`. */
  readonly packages: ReadonlySet<string>;
  /** Those that a script other than a test imports. */
  readonly outsideTests: ReadonlySet<string>;
  /** True when a name is put together at run time. */
  readonly isDynamic: boolean;
  /** Every string literal outside tests. */
  readonly literals: ReadonlySet<string>;
}

/** Reads the imports of all scripts below folders (absolute). */
export function scriptImports({ project }: Pick<RuleContext, 'project'>, folders: readonly string[]): ScriptImports {
  const sources = project.scriptSources.filter(({ path }) => folders.some((folder) => path.startsWith(folder + sep)));
  const packages = new Set<string>();
  const outsideTests = new Set<string>();
  const literals = new Set<string>();
  let isDynamic = false;
  for (const { source } of sources) {
    const tokens = tokenizeScript(source.text);
    const isTest = /(?:^|\/)(?:tests?|__tests__|__mocks__|spec)\/|\.(?:test|spec)\.\w+$|(?:^|\/)[\w.-]+\.config\.\w+$/u.test(source.path);
    for (const token of isTest ? [] : tokens) if (token.kind === 'string' && token.value !== undefined) literals.add(token.value);
    for (const { specifier } of importsIn(tokens)) {
      const name = specifier === undefined ? undefined : packageOf(specifier);
      if (specifier === undefined) isDynamic = true;
      if (name === undefined) continue;
      packages.add(name);
      if (!isTest) outsideTests.add(name);
    }
  }
  return { sources, packages, outsideTests, isDynamic, literals };
}

/** True for test runners, compilers, linters and types: what a function needs only while it is written. */
export function isNodeTool(name: string): boolean {
  return tools.test(name);
}

const tools = /^(?:@types\/|@typescript-eslint\/|@jest\/|@vitest\/|eslint(?:-|$)|prettier(?:-|$)|jest(?:-|$)|mocha(?:-|$)|chai(?:-|$)|sinon(?:-|$)|(?:nyc|c8|vitest|ava|tap|jasmine|karma|supertest|nock|husky|lint-staged|nodemon|ts-node|ts-jest|tsx|typescript|tslint|webpack|webpack-cli|rollup|esbuild|parcel|serverless|aws-cdk|aws-sdk-mock|aws-sdk-client-mock|babel-jest|standard|npm-run-all|rimraf|commitizen|semantic-release)$)/u;

/** The package of a specifier; undefined for files, Node's own modules by `node:`, and aliases. */
export function packageOf(specifier: string): string | undefined {
  if (/^(?:\.|\/|node:|#|~|@\/|https?:|data:|file:)/u.test(specifier)) return undefined;
  return /^(?:@[^/]+\/)?[^/]+/u.exec(specifier)?.[0];
}
