import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Architecture, Host } from '../base/host.ts';
import { searchPath } from './search-path.ts';

/** What compiles static C programs for Linux, on this machine. */
export interface Compiler {
  readonly architecture: Architecture;
  /** Comes before `gcc`, `ar`, `strip`: `aarch64-linux-gnu-`; empty for the machine's own. */
  readonly prefix: string;
  /** Names everything that decides the bytes: compiler, linker, assembler and C library. */
  readonly id: string;
  /** Where it is in a container and not on this machine. */
  readonly container?: ContainerToolchain;
}

/** A toolchain that BuildKit has. */
export interface ContainerToolchain {
  /** Of the engine. */
  readonly machine: Architecture;
  /** Lines of a Dockerfile that end in a stage named `toolchain`. */
  readonly stage: readonly string[];
}

/** What a compiler's id is made of: outputs of `--version`, and the first 12 hex digits of the C library's sha256. */
export const compilerQuestions = ['gcc', 'linker', 'nasm', 'libc'] as const;

/** The id of a compiler by the answers; `nasm` is empty where it takes no part. */
export function compilerId({ gcc, linker, nasm, libc }: Readonly<Record<(typeof compilerQuestions)[number], string>>): string {
  const first = (text: string): string => (text.split('\n')[0] ?? '').trim();
  return [first(gcc), first(linker), ...(nasm === '' ? [] : [first(nasm).replace(/ compiled on.*$/u, '')]), `libc.a ${libc}`].join('; ');
}

/** A compiler, or what it lacks, in words that tell what to install. */
export type CompilerSearch =
  | { readonly kind: 'found'; readonly compiler: Compiler }
  | {
      readonly kind: 'missing';
      readonly why: string;
      /** Absolute paths where what is missing would appear. */
      readonly appears: readonly string[];
    };

const triples: Readonly<Record<Architecture, string>> = { x86_64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** gcc with a static C library, make, and nasm where x86 assembler is built; looks on the PATH alone, installs nothing. */
export async function findCompiler(host: Host, architecture: Architecture): Promise<CompilerSearch> {
  if (host.os !== 'linux') return { kind: 'missing', why: 'programs for Lambda are compiled on Linux alone', appears: [] };
  const prefix = host.arch === architecture ? '' : `${triples[architecture]}-`;
  const programs = [`${prefix}gcc`, `${prefix}g++`, `${prefix}ar`, `${prefix}strip`, 'make', 'pkg-config', 'tar', 'xz', ...(architecture === 'x86_64' ? ['nasm'] : [])];
  const absent = programs.filter((name) => searchPath(host, name).length === 0);
  if (absent.length > 0) return { kind: 'missing', why: `${absent.join(', ')} ${absent.length === 1 ? 'is' : 'are'} not installed (on Debian and Ubuntu: ${packages(prefix, architecture)})`, appears: absent.flatMap((name) => [`/usr/bin/${name}`, `/usr/local/bin/${name}`]) };
  const ask = async (program: string, ...args: readonly string[]): Promise<string> => {
    const { code, stdout } = await host.run(program, args, { timeout: 60_000, env: { LC_ALL: 'C' } });
    return code === 0 ? stdout : '';
  };
  const [gcc, linker, nasm, library] = await Promise.all([
    ask(`${prefix}gcc`, '--version'), ask(`${prefix}ld`, '--version'), architecture === 'x86_64' ? ask('nasm', '--version') : '', ask(`${prefix}gcc`, '-print-file-name=libc.a'),
  ]);
  const path = library.trim();
  if (!path.startsWith('/') || !existsSync(path)) return { kind: 'missing', why: `${prefix}gcc has no static C library (on Debian and Ubuntu: ${packages(prefix, architecture)})`, appears: [] };
  const libc = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12);
  return { kind: 'found', compiler: { architecture, prefix, id: compilerId({ gcc, linker, nasm, libc }) } };
}

function packages(prefix: string, architecture: Architecture): string {
  const own = prefix === '' ? 'build-essential' : `g++-${triples[architecture].replace('_', '-')}`;
  return `apt install ${own} make pkg-config xz-utils${architecture === 'x86_64' ? ' nasm' : ''}`;
}
