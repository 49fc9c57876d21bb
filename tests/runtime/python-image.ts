import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf, diffId } from '../../src/base/digest.ts';
import type { ImageArtefact } from '../../src/runtime/image-function.ts';
import { python } from './rig.ts';

/** The real runtime interface client, installed below a folder; undefined, said aloud, where the package index cannot be reached. */
export function installClient(folder: string): string | undefined {
  const target = join(folder, 'client');
  try {
    execFileSync(python.path, ['-m', 'pip', 'install', '-q', '--no-cache-dir', '--only-binary', ':all:', '--target', target, 'awslambdaric'], { stdio: 'pipe' });
    return target;
  } catch {
    console.warn('SKIPPED: every test of image functions, because awslambdaric cannot be installed by pip');
    return undefined;
  }
}

/** An image as small as can be: this machine's Python under /var/lang, the libraries it needs, the real client. */
export function pythonImage(folder: string, client: string): ImageArtefact['layers'] {
  const path = join(folder, 'base.tar');
  // Links cannot be copied over what an earlier call copied.
  if (!existsSync(path)) makeArchive(path, join(folder, 'stage'), client);
  const bytes = readFileSync(path);
  return [{ digest: digestOf(bytes), diffId: diffId(`sha256:${createHash('sha256').update(bytes).digest('hex')}`), path }];
}

function makeArchive(path: string, stage: string, client: string): void {
  const prefix = dirname(dirname(realpathSync(python.path)));
  const lang = join(stage, 'var/lang');
  mkdirSync(join(lang, 'bin'), { recursive: true });
  cpSync(realpathSync(python.path), join(lang, 'bin', `python${python.version}`));
  const library = `lib/python${python.version}`;
  const isWanted = (path: string): boolean => !/\/(?:site-packages|test|idlelib|ensurepip|__pycache__|config-[^/]*)$/u.test(path);
  cpSync(join(prefix, library), join(lang, library), { recursive: true, filter: isWanted });
  // Debian's own Python looks into the second.
  for (const packages of [join(library, 'site-packages'), 'lib/python3/dist-packages']) cpSync(client, join(lang, packages), { recursive: true });
  const native = execFileSync('find', [lang, '-name', '*.so', '-o', '-path', '*/bin/*'], { encoding: 'utf8' }).split('\n').filter(Boolean);
  const listed = native.map((path) => execFileSync('ldd', [path], { encoding: 'utf8' })).join('\n');
  for (const path of new Set([...listed.matchAll(/(\/\S+) \(0x/gu)].map((match) => match[1] ?? ''))) {
    const target = path.startsWith(prefix) ? join(lang, 'lib', path.slice(path.lastIndexOf('/') + 1)) : join(stage, path);
    mkdirSync(dirname(target), { recursive: true });
    if (!existsSync(target)) cpSync(realpathSync(path), target);
  }
  mkdirSync(join(stage, 'var/task'), { recursive: true });
  execFileSync('tar', ['-C', stage, '--owner=0', '--group=0', '-cf', path, '.']);
}
