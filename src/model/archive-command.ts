import { readFlags, type FlagTable } from './command-flags.ts';
import { opaque, type EffectOfCommand } from './run-effect.ts';

/** Source: the GNU tar manual. */
const tarFlags: FlagTable = {
  switches: {
    '-x': 'extract', '--extract': 'extract', '--get': 'extract', '-v': 'quiet', '--verbose': 'quiet', '-z': 'quiet', '--gzip': 'quiet', '-j': 'quiet',
    '--bzip2': 'quiet', '-J': 'quiet', '--xz': 'quiet', '-a': 'quiet', '--auto-compress': 'quiet', '--zstd': 'quiet', '--no-same-owner': 'quiet',
    '--wildcards': 'quiet', '-p': 'quiet', '--overwrite': 'quiet', '-k': 'quiet', '-o': 'quiet', '--no-same-permissions': 'quiet',
  },
  values: { '-f': 'file', '--file': 'file', '-C': 'folder', '--directory': 'folder', '--strip-components': 'strip', '--strip': 'strip' },
};

/** Source: the Info-ZIP unzip manual page. */
const unzipFlags: FlagTable = {
  switches: { '-q': 'quiet', '-qq': 'quiet', '-o': 'quiet', '-n': 'quiet', '-j': 'flatten' },
  values: { '-d': 'folder' },
};

/** What a tar or unzip command unpacks; undefined when the words start neither. */
export function readArchive(words: readonly string[]): EffectOfCommand | undefined {
  const [program, ...rest] = words;
  if (program === 'tar') return readTar(rest);
  return program === 'unzip' ? readUnzip(rest) : undefined;
}

function readTar(words: readonly string[]): EffectOfCommand {
  const flags = readFlags(withDash(words), tarFlags);
  if (flags.kind === 'unknown') return opaque(`tar has the flag ${flags.flag}, which is not understood`);
  if (!flags.has('extract')) return opaque('tar does something other than unpacking');
  const strip = flags.last('strip') ?? '0';
  if (!/^\d+$/u.test(strip)) return opaque(`tar strips ${strip} components`);
  return {
    kind: 'archive', tool: 'tar', archive: flags.last('file') ?? '-', into: flags.last('folder'),
    members: flags.operands, stripComponents: Number(strip),
  };
}

/** The old style bundles its letters without a dash: `tar xzf file`. */
function withDash(words: readonly string[]): readonly string[] {
  const [first = '', ...rest] = words;
  return first === '' || first.startsWith('-') ? words : [`-${first}`, ...rest];
}

function readUnzip(words: readonly string[]): EffectOfCommand {
  const flags = readFlags(words, unzipFlags);
  if (flags.kind === 'unknown') return opaque(`unzip has the flag ${flags.flag}, which is not understood`);
  const [archive, ...members] = flags.operands;
  if (archive === undefined) return opaque('unzip names no archive');
  if (flags.has('flatten')) return opaque('unzip -j drops the folders of its members');
  return { kind: 'archive', tool: 'unzip', archive, into: flags.last('folder'), members, stripComponents: 0 };
}
