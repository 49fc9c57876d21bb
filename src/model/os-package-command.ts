import { readFlags, type FlagTable } from './command-flags.ts';
import { opaque, type EffectOfCommand, type OsPackageManager, type RunEffect } from './run-effect.ts';

type OsVerb = Extract<RunEffect, { kind: 'os-packages' }>['verb'];

const aptFlags: FlagTable = {
  switches: {
    '-y': 'yes', '--yes': 'yes', '--assume-yes': 'yes', '-q': 'quiet', '-qq': 'quiet', '--quiet': 'quiet', '--no-install-recommends': 'minimal',
    '--no-install-suggests': 'quiet', '-f': 'fix', '--fix-broken': 'fix', '--fix-missing': 'quiet', '-m': 'quiet', '--purge': 'quiet',
    '--auto-remove': 'quiet', '--allow-unauthenticated': 'quiet', '--reinstall': 'quiet', '--allow-downgrades': 'quiet',
  },
  values: { '-o': 'option', '--option': 'option', '-t': 'release', '--target-release': 'release' },
};

const dnfFlags: FlagTable = {
  switches: {
    '-y': 'yes', '--assumeyes': 'yes', '-q': 'quiet', '--quiet': 'quiet', '--nodocs': 'quiet', '--allowerasing': 'quiet', '--best': 'quiet',
    '--nobest': 'quiet', '--skip-broken': 'quiet', '--refresh': 'quiet', '--nogpgcheck': 'quiet', '-v': 'quiet',
  },
  values: { '--setopt': 'option', '--releasever': 'release', '--enablerepo': 'repository', '--disablerepo': 'repository', '--exclude': 'quiet', '-x': 'quiet' },
};

const apkFlags: FlagTable = {
  switches: { '--no-cache': 'quiet', '-U': 'quiet', '--update': 'quiet', '--update-cache': 'quiet', '-q': 'quiet', '--quiet': 'quiet', '--upgrade': 'quiet', '-u': 'quiet', '--purge': 'quiet', '--available': 'quiet' },
  values: { '-t': 'virtual', '--virtual': 'virtual', '-X': 'repository', '--repository': 'repository' },
};

const managers: ReadonlyMap<string, FlagTable> = new Map([
  ['apt-get', aptFlags], ['apt', aptFlags], ['yum', dnfFlags], ['dnf', dnfFlags], ['microdnf', dnfFlags], ['apk', apkFlags],
]);

const verbs: Readonly<Record<string, OsVerb>> = {
  'install': 'install', 'add': 'install', 'localinstall': 'install', 'groupinstall': 'install', 'reinstall': 'install',
  'remove': 'remove', 'purge': 'remove', 'erase': 'remove', 'del': 'remove', 'autoremove': 'remove',
  'upgrade': 'upgrade', 'dist-upgrade': 'upgrade', 'full-upgrade': 'upgrade',
  'clean': 'clean', 'autoclean': 'clean', 'makecache': 'update-lists', 'check-update': 'update-lists',
};

/** What a package manager's command does; undefined when the words start none. Source: each manager's manual page. */
export function readOsPackages(words: readonly string[]): EffectOfCommand | undefined {
  const [program = '', ...rest] = words;
  const table = managers.get(program);
  if (!table) return undefined;
  const flags = readFlags(rest, table);
  if (flags.kind === 'unknown') return opaque(`${program} has the flag ${flags.flag}, which is not understood`);
  const [written, ...packages] = flags.operands;
  const verb = verbOf(program, written);
  if (!verb) return opaque(`${program} ${written ?? ''} is not understood`.trim());
  const isMinimal = flags.has('minimal') || flags.all('option').some((option) => /install_weak_deps=(?:0|false)|Install-Recommends=(?:0|false)/iu.test(option));
  return { kind: 'os-packages', manager: program as OsPackageManager, verb, packages: verb === 'clean' ? [] : packages, isMinimal };
}

/** `update` refreshes lists for apt and apk, but upgrades packages for yum and dnf. */
function verbOf(program: string, written: string | undefined): OsVerb | undefined {
  if (written === 'update') return program.startsWith('apt') || program === 'apk' ? 'update-lists' : 'upgrade';
  return written !== undefined && Object.hasOwn(verbs, written) ? verbs[written] : undefined;
}
