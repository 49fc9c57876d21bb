import { posix } from 'node:path';
import { readFlags, type FlagTable } from './command-flags.ts';
import { opaque, type EffectOfCommand } from './run-effect.ts';

/** Source: the curl manual page. */
const curlFlags: FlagTable = {
  switches: {
    '-f': 'quiet', '--fail': 'quiet', '-s': 'quiet', '--silent': 'quiet', '-S': 'quiet', '--show-error': 'quiet', '-L': 'quiet', '--location': 'quiet',
    '-O': 'remote-name', '--remote-name': 'remote-name', '-k': 'insecure', '--insecure': 'insecure', '-#': 'quiet', '--progress-bar': 'quiet',
    '--compressed': 'quiet', '-4': 'quiet', '--ipv4': 'quiet', '--create-dirs': 'quiet', '--tlsv1.2': 'quiet', '--tlsv1.3': 'quiet', '-g': 'quiet',
    '--globoff': 'quiet', '--retry-connrefused': 'quiet', '--retry-all-errors': 'quiet', '-v': 'quiet', '--fail-with-body': 'quiet', '--no-progress-meter': 'quiet',
  },
  values: {
    '-o': 'output', '--output': 'output', '--retry': 'quiet', '--retry-delay': 'quiet', '--retry-max-time': 'quiet', '--connect-timeout': 'quiet', '-m': 'quiet',
    '--max-time': 'quiet', '--proto': 'quiet', '--url': 'url', '-A': 'quiet', '--user-agent': 'quiet', '--output-dir': 'folder',
  },
};

/** Source: the GNU Wget manual. */
const wgetFlags: FlagTable = {
  switches: {
    '-q': 'quiet', '--quiet': 'quiet', '-nv': 'quiet', '--no-verbose': 'quiet', '-nc': 'quiet', '--no-clobber': 'quiet', '--no-check-certificate': 'insecure',
    '--show-progress': 'quiet', '-c': 'quiet', '--continue': 'quiet', '-4': 'quiet', '--content-disposition': 'named-by-server', '-N': 'quiet',
    '--trust-server-names': 'named-by-server', '--https-only': 'quiet', '--no-hsts': 'quiet', '-v': 'quiet', '--retry-connrefused': 'quiet',
  },
  values: {
    '-O': 'output', '--output-document': 'output', '-P': 'folder', '--directory-prefix': 'folder', '--progress': 'quiet', '-t': 'quiet', '--tries': 'quiet',
    '-T': 'quiet', '--timeout': 'quiet', '--waitretry': 'quiet', '-U': 'quiet', '--user-agent': 'quiet', '-o': 'log',
  },
};

/** What a curl or wget command fetches; undefined when the words start neither. `redirected` is the file after `>`. */
export function readDownload(words: readonly string[], redirected: string | undefined): EffectOfCommand | undefined {
  const [program = '', ...rest] = words;
  if (program !== 'curl' && program !== 'wget') return undefined;
  const flags = readFlags(rest, program === 'curl' ? curlFlags : wgetFlags);
  if (flags.kind === 'unknown') return opaque(`${program} has the flag ${flags.flag}, which is not understood`);
  if (flags.has('log')) return opaque('wget has the flag -o, which is not understood');
  if (flags.has('named-by-server')) return opaque(`the server names the file that ${program} writes`);
  const urls = [...flags.all('url'), ...flags.operands];
  const [url] = urls;
  if (url === undefined || urls.length !== 1) return opaque(`${program} fetches ${urls.length} addresses at once`);
  const output = flags.last('output');
  const folder = flags.last('folder');
  const byName = program === 'wget' || flags.has('remote-name');
  const name = output ?? (byName ? fileNameOf(url) : (redirected ?? '-'));
  const isPlaced = folder !== undefined && name !== '-' && !(program === 'wget' && output !== undefined);
  return { kind: 'download', tool: program, url, output: name === '-' && redirected !== undefined ? redirected : isPlaced ? posix.join(folder, name) : name };
}

function fileNameOf(url: string): string {
  const path = url.replace(/[?#].*$/u, '').replace(/^[a-z]+:\/\/[^/]*/iu, '');
  return posix.basename(path) || 'index.html';
}
