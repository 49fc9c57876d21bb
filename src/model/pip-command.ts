import { posix } from 'node:path';
import { readFlags, type FlagTable, type ReadFlags } from './command-flags.ts';
import { opaque, type EffectOfCommand, type InstallLocation, type PipOptions } from './run-effect.ts';

/** Looks up an environment variable that the command sees. */
export type Variables = (name: string) => string | undefined;

/** Flags of `pip install`. Source: pip's reference, "pip install" and "pip". */
const pipFlags: FlagTable = {
  switches: {
    '--no-cache-dir': 'no-cache', '-U': 'upgrade', '--upgrade': 'upgrade', '--no-deps': 'no-deps', '--no-dependencies': 'no-deps',
    '--require-hashes': 'require-hashes', '--no-compile': 'no-compile', '--compile': 'compile', '--user': 'user', '--pre': 'pre',
    '--prefer-binary': 'prefer-binary', '--no-index': 'no-index', '--no-build-isolation': 'no-build-isolation',
    '--force-reinstall': 'reinstall', '-I': 'reinstall', '--ignore-installed': 'reinstall', '--break-system-packages': 'quiet',
    '--no-warn-script-location': 'quiet', '--no-warn-conflicts': 'quiet', '--disable-pip-version-check': 'quiet', '--no-input': 'quiet',
    '--no-python-version-warning': 'quiet', '--no-color': 'quiet', '-q': 'quiet', '--quiet': 'quiet', '-v': 'quiet', '--verbose': 'quiet',
    '--use-pep517': 'quiet', '--no-clean': 'quiet', '--isolated': 'isolated',
  },
  values: {
    '-r': 'requirement', '--requirement': 'requirement', '-c': 'constraint', '--constraint': 'constraint', '-e': 'editable', '--editable': 'editable',
    '-t': 'target', '--target': 'target', '--prefix': 'prefix', '--root': 'root', '-i': 'index-url', '--index-url': 'index-url',
    '--pypi-url': 'index-url', '--extra-index-url': 'extra-index-url', '-f': 'find-links', '--find-links': 'find-links',
    '--only-binary': 'only-binary', '--no-binary': 'no-binary', '--platform': 'platform', '--implementation': 'implementation',
    '--python-version': 'python-version', '--abi': 'abi', '--trusted-host': 'quiet', '--timeout': 'quiet', '--default-timeout': 'quiet',
    '--retries': 'quiet', '--root-user-action': 'quiet', '--progress-bar': 'quiet', '--cache-dir': 'cache-dir', '--upgrade-strategy': 'quiet',
    '--log': 'log', '--use-feature': 'quiet', '--resume-retries': 'quiet',
  },
};

/** Flags of `uv pip install`. Source: uv's command reference. */
const uvFlags: FlagTable = {
  switches: {
    '--no-cache': 'no-cache', '-n': 'no-cache', '--no-cache-dir': 'no-cache', '-U': 'upgrade', '--upgrade': 'upgrade', '--no-deps': 'no-deps',
    '--require-hashes': 'require-hashes', '--no-verify-hashes': 'quiet', '--compile-bytecode': 'compile-bytecode', '--compile': 'compile-bytecode',
    '--no-compile-bytecode': 'quiet', '--no-compile': 'quiet', '--system': 'system', '--break-system-packages': 'quiet', '--no-index': 'no-index',
    '--no-build-isolation': 'no-build-isolation', '--reinstall': 'reinstall', '--force-reinstall': 'reinstall', '--no-build': 'no-build',
    '--no-sources': 'quiet', '--strict': 'quiet', '-q': 'quiet', '--quiet': 'quiet', '-v': 'quiet', '--verbose': 'quiet', '--no-progress': 'quiet',
    '--native-tls': 'quiet', '--no-config': 'quiet', '--no-python-downloads': 'quiet', '--offline': 'offline', '--pre': 'pre',
  },
  values: {
    '-r': 'requirement', '--requirement': 'requirement', '--requirements': 'requirement', '-c': 'constraint', '--constraint': 'constraint',
    '--constraints': 'constraint', '-e': 'editable', '--editable': 'editable', '--target': 'target', '-t': 'target', '--prefix': 'prefix',
    '-i': 'index-url', '--index-url': 'index-url', '--default-index': 'index-url', '--index': 'extra-index-url',
    '--extra-index-url': 'extra-index-url', '-f': 'find-links', '--find-links': 'find-links', '--only-binary': 'only-binary',
    '--no-binary': 'no-binary', '--python-platform': 'platform', '--python-version': 'python-version', '-p': 'python', '--python': 'python',
    '--index-strategy': 'quiet', '--link-mode': 'quiet', '--cache-dir': 'cache-dir', '--allow-insecure-host': 'quiet', '--color': 'quiet',
    '--trusted-host': 'quiet',
  },
};

const tools: ReadonlySet<string> = new Set(['pip', 'setuptools', 'wheel', 'uv', 'pip-tools']);

/**
 * What a pip or uv command does; undefined when the words start neither. Understood: `pip`, `pip3`, `pip3.12`,
 * `python[3[.x]] -m pip`, each with a path before it, and `uv pip`.
 */
export function readPip(words: readonly string[], variables: Variables): EffectOfCommand | undefined {
  const call = pipCall(words);
  if (!call) return undefined;
  const [verb, ...rest] = skipGlobalFlags(call.words);
  switch (verb) {
    case 'install':
      return readInstall(call, rest, variables);
    case 'cache':
      return { kind: 'no-operation', what: 'empties the package cache' };
    case 'list':
    case 'freeze':
    case 'check':
    case 'show':
    case 'config':
    case '--version':
    case '-V':
      return verb === 'config' && rest[0] !== 'list' ? opaque(`${call.tool} config changes settings`) : { kind: 'no-operation', what: `prints about ${call.tool}` };
    default:
      return opaque(`${call.tool} ${verb ?? ''} is not understood`.trim());
  }
}

interface PipCall {
  readonly tool: 'pip' | 'uv';
  readonly python: string | undefined;
  readonly words: readonly string[];
}

function pipCall(words: readonly string[]): PipCall | undefined {
  const [program = '', first, second] = words;
  const name = posix.basename(program);
  if (/^python(?:3(?:\.\d+)?)?$/u.test(name)) {
    // `python -u -m pip`: flags of the interpreter that change nothing here.
    const [module, ...rest] = first === '-m' ? words.slice(2) : /^-[uIEsBO]+$/u.test(first ?? '') && second === '-m' ? words.slice(3) : [];
    if (module === 'pip') return { tool: 'pip', python: program, words: rest };
    return module === 'uv' && rest[0] === 'pip' ? { tool: 'uv', python: program, words: rest.slice(1) } : undefined;
  }
  const version = /^pip(3(?:\.\d+)?)?$/u.exec(name);
  if (version) return { tool: 'pip', python: interpreterOf(program, version[1]), words: words.slice(1) };
  if (name === 'uv' && first === 'pip') return { tool: 'uv', python: undefined, words: words.slice(2) };
  return undefined;
}

/** `/var/lang/bin/pip3.12` belongs to `/var/lang/bin/python3.12`. */
function interpreterOf(program: string, version: string | undefined): string | undefined {
  const folder = program.includes('/') ? `${posix.dirname(program)}/` : '';
  if (version === undefined && folder === '') return undefined;
  return `${folder}python${version ?? ''}`;
}

function skipGlobalFlags(words: readonly string[]): readonly string[] {
  const index = words.findIndex((word) => !/^(?:-q|-v|--quiet|--verbose|--no-cache-dir|--disable-pip-version-check|--no-input|--no-color)$/u.test(word));
  if (index <= 0) return words;
  const [verb, ...rest] = words.slice(index);
  return verb === undefined ? words : [verb, ...words.slice(0, index), ...rest];
}

function readInstall(call: PipCall, words: readonly string[], variables: Variables): EffectOfCommand {
  const flags = readFlags(words, call.tool === 'pip' ? pipFlags : uvFlags);
  if (flags.kind === 'unknown') return opaque(`${call.tool} install has the flag ${flags.flag}, which is not understood`);
  for (const name of ['isolated', 'log', 'offline', 'no-build']) {
    if (flags.has(name)) return opaque(`${call.tool} install has the flag --${name}, which is not understood`);
  }
  const unknownVariable = unreadVariables(call.tool).find((name) => variables(name) !== undefined);
  if (unknownVariable !== undefined) return opaque(`the variable ${unknownVariable} changes what ${call.tool} installs`);
  const location = locationOf(call.tool, flags, variables);
  if (!location) return opaque(`${call.tool} install has more than one of --target, --prefix, --root and --user`);
  const python = flags.last('python') ?? call.python;
  const requirements = flags.operands;
  const isToolsOnly = requirements.length > 0 && !flags.has('requirement') && !flags.has('editable') && requirements.every((text) => tools.has(/^[\w.-]+/u.exec(text)?.[0].toLowerCase() ?? ''));
  if (isToolsOnly) return { kind: 'tool-upgrade', tool: call.tool, packages: requirements, location };
  return {
    kind: 'pip-install', tool: call.tool, python,
    requirementsFiles: flags.all('requirement'), constraintFiles: flags.all('constraint'),
    requirements, editables: flags.all('editable'), location, options: optionsOf(call.tool, flags, variables),
  };
}

/** Variables that change an install in a way that is not modelled. */
function unreadVariables(tool: PipCall['tool']): readonly string[] {
  return tool === 'pip'
    ? ['PIP_CONFIG_FILE', 'PIP_CONSTRAINT', 'PIP_REQUIREMENT', 'PIP_ROOT', 'PIP_ONLY_BINARY', 'PIP_NO_BINARY', 'PIP_PLATFORM', 'PIP_USER']
    : ['UV_CONSTRAINT', 'UV_OVERRIDE', 'UV_EXCLUDE_NEWER', 'UV_RESOLUTION', 'UV_PRERELEASE', 'UV_CONFIG_FILE'];
}

type KnownFlags = ReadFlags & { kind: 'read' };

function locationOf(tool: PipCall['tool'], flags: KnownFlags, variables: Variables): InstallLocation | undefined {
  const found: InstallLocation[] = [];
  for (const kind of ['target', 'prefix', 'root'] as const) {
    const path = flags.last(kind) ?? (tool === 'pip' && kind !== 'root' ? nonEmpty(variables(`PIP_${kind.toUpperCase()}`)) : undefined);
    if (path !== undefined) found.push({ kind, path });
  }
  if (flags.has('user')) found.push({ kind: 'user' });
  return found.length > 1 ? undefined : (found[0] ?? { kind: 'site' });
}

function optionsOf(tool: PipCall['tool'], flags: KnownFlags, variables: Variables): PipOptions {
  const prefix = tool === 'pip' ? 'PIP_' : 'UV_';
  const isSet = (name: string): boolean => isTrue(variables(prefix + name));
  const lists = (name: string): readonly string[] => flags.all(name).flatMap((value) => value.split(','));
  const index = flags.last('index-url') ?? nonEmpty(variables(`${prefix}INDEX_URL`)) ?? (tool === 'uv' ? nonEmpty(variables('UV_DEFAULT_INDEX')) : undefined);
  const extra = flags.has('extra-index-url') ? flags.all('extra-index-url') : words(variables(`${prefix}EXTRA_INDEX_URL`) ?? (tool === 'uv' ? variables('UV_INDEX') : undefined));
  return {
    // pip turns its cache off for any value of the variable, even `0`.
    noCache: flags.has('no-cache') || (tool === 'pip' ? variables('PIP_NO_CACHE_DIR') !== undefined : isSet('NO_CACHE')),
    upgrade: flags.has('upgrade') || isSet('UPGRADE'),
    noDependencies: flags.has('no-deps') || isSet('NO_DEPS'),
    requireHashes: flags.has('require-hashes') || isSet('REQUIRE_HASHES'),
    noCompile: flags.has('no-compile') || isSet('NO_COMPILE'),
    compileBytecode: flags.has('compile-bytecode') || (tool === 'uv' && isSet('COMPILE_BYTECODE')),
    preReleases: flags.has('pre') || isSet('PRE'),
    preferBinary: flags.has('prefer-binary') || isSet('PREFER_BINARY'),
    noIndex: flags.has('no-index') || isSet('NO_INDEX'),
    noBuildIsolation: flags.has('no-build-isolation') || isSet('NO_BUILD_ISOLATION'),
    reinstall: flags.has('reinstall'),
    onlyBinary: lists('only-binary'),
    noBinary: lists('no-binary'),
    platforms: flags.all('platform'),
    implementation: flags.last('implementation'),
    abis: flags.all('abi'),
    pythonVersion: flags.last('python-version'),
    indexUrl: index,
    extraIndexUrls: extra,
    findLinks: flags.has('find-links') ? flags.all('find-links') : words(variables(`${prefix}FIND_LINKS`)),
  };
}

/** pip reads `1`, `true`, `yes` and `on` as true. */
function isTrue(text: string | undefined): boolean {
  return text !== undefined && /^(?:1|true|yes|on|y|t)$/iu.test(text);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

function words(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(/\s+/u).filter((word) => word !== '');
}
