import { readFlags, type FlagTable, type ReadFlags } from './command-flags.ts';
import { opaque, type EffectOfCommand, type FileOperation } from './run-effect.ts';

const nothing: FlagTable['values'] = {};

/** Source: the GNU coreutils manual. Flags that only change what is printed or asked are `quiet`. */
const tables: Readonly<Record<FileOperation, FlagTable>> = {
  mkdir: { switches: { '-p': 'parents', '--parents': 'parents', '-v': 'quiet', '--verbose': 'quiet' }, values: { '-m': 'mode', '--mode': 'mode' } },
  rmdir: { switches: { '-p': 'parents', '-v': 'quiet', '--ignore-fail-on-non-empty': 'force' }, values: nothing },
  chmod: { switches: { '-R': 'recursive', '--recursive': 'recursive', '-v': 'quiet', '-f': 'force', '-c': 'quiet' }, values: nothing },
  chown: { switches: { '-R': 'recursive', '--recursive': 'recursive', '-v': 'quiet', '-f': 'force', '-h': 'no-follow', '--no-dereference': 'no-follow' }, values: nothing },
  rm: { switches: { '-r': 'recursive', '-R': 'recursive', '--recursive': 'recursive', '-f': 'force', '--force': 'force', '-v': 'quiet', '-d': 'quiet' }, values: nothing },
  cp: {
    switches: {
      '-r': 'recursive', '-R': 'recursive', '--recursive': 'recursive', '-a': 'recursive', '--archive': 'recursive', '-p': 'quiet', '-f': 'force', '-v': 'quiet',
      '-L': 'quiet', '-d': 'quiet', '-P': 'quiet', '-n': 'keep', '-u': 'keep', '-T': 'no-target-folder',
    },
    values: { '-t': 'into', '--target-directory': 'into' },
  },
  mv: { switches: { '-f': 'force', '--force': 'force', '-v': 'quiet', '-n': 'keep', '-u': 'keep', '-T': 'no-target-folder' }, values: { '-t': 'into', '--target-directory': 'into' } },
  ln: { switches: { '-s': 'symbolic', '--symbolic': 'symbolic', '-f': 'force', '--force': 'force', '-n': 'quiet', '-v': 'quiet', '-r': 'relative', '-T': 'no-target-folder' }, values: { '-t': 'into' } },
  touch: { switches: { '-a': 'quiet', '-m': 'quiet', '-c': 'keep' }, values: nothing },
  install: {
    switches: { '-D': 'parents', '-d': 'folders', '--directory': 'folders', '-v': 'quiet', '-p': 'quiet', '-s': 'strip', '-c': 'quiet' },
    values: { '-m': 'mode', '--mode': 'mode', '-o': 'owner', '--owner': 'owner', '-g': 'group', '--group': 'group', '-t': 'into' },
  },
};

/** Flags that make an operation depend on what is there already, in ways that are not modelled. */
const dependsOnDisk = ['keep', 'relative', 'strip', 'group', 'no-target-folder', 'no-follow'];

/**
 * What a file command of coreutils does; undefined when the words start none. `patterns` holds the indices of words in
 * which the shell expands a pattern.
 */
export function readFileOperation(words: readonly string[], patterns: ReadonlySet<number>): EffectOfCommand | undefined {
  const [program = '', ...rest] = words;
  const name = program.replace(/^\/(?:usr\/)?bin\//u, '');
  if (!Object.hasOwn(tables, name)) return undefined;
  const operation = name as FileOperation;
  const flags = readFlags(modeAsOperand(operation, rest), tables[operation]);
  if (flags.kind === 'unknown') return opaque(`${name} has the flag ${flags.flag}, which is not understood`);
  const odd = dependsOnDisk.find((flag) => flags.has(flag));
  if (odd !== undefined) return opaque(`${name} is told to ${odd === 'keep' ? 'leave some files alone' : `work with the option ${odd}`}, which is not understood`);
  const hasPattern = patterns.size > 0;
  return operationOf(operation, flags, hasPattern);
}

/** `chmod -x file` and `chmod -R -w dir`: a mode that looks like a flag; `--` keeps it apart. */
function modeAsOperand(operation: FileOperation, words: readonly string[]): readonly string[] {
  if (operation !== 'chmod') return words;
  const index = words.findIndex((word) => /^-[rwxXst]+$/u.test(word));
  return index < 0 ? words : [...words.slice(0, index), '--', ...words.slice(index)];
}

function operationOf(operation: FileOperation, flags: ReadFlags & { kind: 'read' }, hasPattern: boolean): EffectOfCommand {
  const common = {
    kind: 'file-operation' as const, operation, hasPattern,
    mode: flags.last('mode'), owner: flags.last('owner'), destination: undefined,
    recursive: flags.has('recursive'), force: flags.has('force'), symbolic: flags.has('symbolic'), parents: flags.has('parents'),
  };
  const operands = flags.operands;
  const [first, ...others] = operands;
  const needed = operation === 'mkdir' || operation === 'rm' || operation === 'rmdir' || operation === 'touch' || flags.has('folders') ? 1 : 2;
  const into = flags.last('into');
  if (operands.length < (into === undefined ? needed : 1) && !(operation === 'rm' && common.force)) return opaque(`${operation} names too few paths`);
  switch (operation) {
    case 'chmod':
      return { ...common, mode: first, paths: others };
    case 'chown':
      return { ...common, owner: first, paths: others };
    case 'cp':
    case 'mv':
    case 'ln':
      return into === undefined
        ? { ...common, paths: operands.slice(0, -1), destination: operands.at(-1) }
        : { ...common, paths: operands, destination: into.endsWith('/') ? into : `${into}/` };
    case 'install':
      if (flags.has('folders')) return { ...common, operation: 'mkdir', parents: true, paths: operands };
      return into === undefined
        ? { ...common, paths: operands.slice(0, -1), destination: operands.at(-1) }
        : { ...common, paths: operands, destination: into.endsWith('/') ? into : `${into}/` };
    default:
      return { ...common, paths: operands };
  }
}
