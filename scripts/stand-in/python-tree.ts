import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { failure } from '../../src/base/fault.ts';
import type { Host } from '../../src/base/host.ts';
import type { TreeEntry } from '../../src/base/tree.ts';
import { findPython, type Python } from '../../src/tools/find-python.ts';
import { diskEntries, textEntry } from './disk-entries.ts';
import { sharedLibraries } from './shared-libraries.ts';

/** The wanted Python or, when it is not on this machine, the nearest other one that is. */
export async function nearestPython(host: Host): Promise<Python> {
  for (const minor of [12, 13, 11, 14, 10, 9]) {
    const python = await findPython(host, { major: 3, minor });
    if (python) return python;
  }
  throw failure('tool/missing', 'there is no Python 3.9 to 3.14 on this machine', { next: 'install Python 3.12 and run the same command again' });
}

/** Where an interpreter keeps what it needs, as it says itself. */
interface Layout {
  readonly standard: string;
  readonly platform: string;
  readonly library: string | null;
}

const question = `
import json, sysconfig, os
shared = os.path.join(sysconfig.get_config_var("LIBDIR") or "", sysconfig.get_config_var("INSTSONAME") or "")
print(json.dumps({"standard": sysconfig.get_path("stdlib"), "platform": sysconfig.get_path("platstdlib"), "library": shared if ".so" in shared else None}))`;

/** Parts of the standard library that no function needs: its own tests, and what draws windows. */
const leftOut = new Set(['test', 'idlelib', 'turtledemo', 'tkinter', 'lib2to3', 'site-packages', 'dist-packages', '__pycache__']);

/**
 * A Python installation of this machine, as one below another prefix (`usr/local`, `var/lang`), with the libraries that it loads.
 * Its standard library gets bytecode that stays valid whatever the files' times.
 * @param scratch an empty folder's path; it must stay until the entries are written.
 */
export async function pythonTree(host: Host, python: Python, prefix: string, scratch: string): Promise<readonly TreeEntry[]> {
  const minor = python.version.split('.').slice(0, 2).join('.');
  const asked = await host.run(python.path, ['-I', '-c', question]);
  const layout: Layout = JSON.parse(asked.stdout);
  const standard = join(scratch, 'lib', `python${minor}`);
  copyLibrary(layout, standard);
  mkdirSync(join(scratch, 'bin'), { recursive: true });
  cpSync(realpathSync(python.path), join(scratch, 'bin', `python${minor}`));
  await addPip(host, python, standard);
  await compile(host, python, scratch, prefix);
  const links = ['python3', 'python'].map((name): TreeEntry => ({ kind: 'link', path: `${prefix}/bin/${name}`, target: `python${minor}` }));
  const native = [join(scratch, 'bin', `python${minor}`), ...readdirSync(join(standard, 'lib-dynload')).map((name) => join(standard, 'lib-dynload', name))];
  const shared = await sharedLibraries(host, native);
  // libpython is looked for where it was installed from; the image's linker looks in /usr/lib, which the copy is put into too.
  const own = layout.library;
  const libraries = shared.map((entry) => (own !== null && entry.path.endsWith(basename(own)) ? { ...entry, path: `usr/lib/${basename(own)}` } : entry));
  return [...diskEntries(scratch, prefix), ...links, ...libraries, ...scripts(prefix, minor)];
}

function copyLibrary(layout: Layout, to: string): void {
  rmSync(to, { recursive: true, force: true });
  const wanted = (source: string): boolean => !leftOut.has(basename(source)) && !/_tkinter|config-\d/u.test(basename(source));
  cpSync(layout.standard, to, { recursive: true, dereference: true, filter: wanted });
  const native = join(layout.platform, 'lib-dynload');
  if (!existsSync(join(to, 'lib-dynload'))) cpSync(native, join(to, 'lib-dynload'), { recursive: true, dereference: true, filter: wanted });
  mkdirSync(join(to, 'site-packages'), { recursive: true });
  // Debian's own Python looks for dist-packages only.
  if (readFileSync(join(to, 'site.py'), 'utf8').includes('dist-packages')) {
    writeFileSync(join(to, 'sitecustomize.py'), 'import os, site\nsite.addsitedir(os.path.join(os.path.dirname(os.__file__), "site-packages"))\n');
  }
}

/** pip from the wheel that ensurepip carries, else from what the interpreter has. */
async function addPip(host: Host, python: Python, standard: string): Promise<void> {
  const bundled = join(standard, 'ensurepip', '_bundled');
  const wheel = existsSync(bundled) ? readdirSync(bundled).find((name) => name.startsWith('pip-')) : undefined;
  const target = join(standard, 'site-packages');
  if (wheel !== undefined) await host.run(python.path, ['-m', 'zipfile', '-e', join(bundled, wheel), target]);
  else await host.run(python.path, ['-m', 'pip', 'install', '--quiet', '--target', target, 'pip']);
}

/** The paths in the bytecode are the image's, not this machine's. */
async function compile(host: Host, python: Python, scratch: string, prefix: string): Promise<void> {
  await host.run(python.path, ['-m', 'compileall', '-q', '-j', '0', '--invalidation-mode', 'unchecked-hash', '-s', scratch, '-p', `/${prefix}`, join(scratch, 'lib')]);
}

function scripts(prefix: string, minor: string): readonly TreeEntry[] {
  const text = `#!/${prefix}/bin/python${minor}\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n`;
  return ['pip', 'pip3', `pip${minor}`].map((name) => textEntry(`${prefix}/bin/${name}`, text, 0o755));
}

