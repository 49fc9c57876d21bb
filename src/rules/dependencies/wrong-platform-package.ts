import { posix, relative, sep } from 'node:path';
import { filesBelow } from '../../model/files-below.ts';
import type { ZipPackage } from '../../model/function.ts';
import type { Architecture } from '../../base/host.ts';
import { nameList } from '../name-list.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** Compiled modules in a code folder that were made for another system, processor or Python. */
export const wrongPlatformPackage: RuleDefinition<'project'> = defineRule({
  id: 'dependencies/wrong-platform-package',
  subject: 'project',
  title: 'Compiled package for another platform',
  severity: 'error',
  since: '0.2.0',
  status: 'stable',
  safety: 'manual',
  *check(project, { model }) {
    for (const subject of model.functions) {
      const { package: code, architecture } = subject;
      if (code.kind !== 'zip' || code.buildMethod !== undefined || !code.runtime.startsWith('python')) continue;
      const folder = relative(project.folder, code.codeFolder).split(sep).join('/');
      const wrong = wrongFiles(filesBelow(project, code.codeFolder).map(({ path }) => path), code, architecture.kind === 'known' ? architecture.value : undefined);
      if (wrong.length === 0) continue;
      const shown = wrong.map(({ path, why }) => `${posix.join(folder, path)} (${why})`);
      yield {
        message: `${subject.logicalId} ships compiled modules that its runtime does not load: ${nameList(shown, { most: 3, shown: 2 })}`,
        at: { file: subject.template.source, span: subject.span },
        advice: `take them out of the code folder and name the packages in requirements.txt: a build then installs them for ${code.runtime} on Amazon Linux`,
      };
    }
  },
});

interface Wrong {
  readonly path: string;
  readonly why: string;
}

/** Tags of extension modules: PEP 3149, and what CPython's builds for Linux, macOS and Windows call themselves. */
const tagged = /^(?<module>.*?)\.(?:cpython-3(?<minor>\d+)-(?<unix>[\w-]+)\.so|cp3(?<winMinor>\d+)-(?<windows>win\w+)\.pyd)$/u;

function wrongFiles(paths: readonly string[], { runtime }: ZipPackage, architecture: Architecture | undefined): readonly Wrong[] {
  const minor = /^python3\.(\d+)$/u.exec(runtime)?.[1];
  const modules = paths.flatMap((path) => {
    const groups = tagged.exec(path)?.groups;
    return groups ? [{ path, module: groups['module'] ?? '', why: whyNot(groups, minor, architecture) }] : [];
  });
  const loadable = new Set(modules.filter(({ why }) => why === undefined).map(({ module }) => module));
  // A package may hold a module for several platforms.
  return modules.flatMap(({ path, module, why }) => (why === undefined || loadable.has(module) ? [] : [{ path, why }]));
}

function whyNot(groups: Readonly<Record<string, string | undefined>>, minor: string | undefined, architecture: Architecture | undefined): string | undefined {
  const { unix, windows, minor: own = groups['winMinor'] } = groups;
  if (windows !== undefined) return 'for Windows';
  if (unix === 'darwin') return 'for macOS';
  const processor = unix?.startsWith('aarch64-') === true ? 'arm64' : unix?.startsWith('x86_64-') === true ? 'x86_64' : undefined;
  if (processor !== undefined && architecture !== undefined && processor !== architecture) return `for ${processor}, the function runs on ${architecture}`;
  return minor !== undefined && own !== undefined && own !== minor ? `for Python 3.${own}` : undefined;
}
