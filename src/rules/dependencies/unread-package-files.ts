import { requirementsOf } from '../dependency-use.ts';
import { compiledFor } from '../requirements-use.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** Less than this (bytes unpacked) is not worth a finding. */
const least = 10_000_000;

/** Tests, type stubs, headers and documents of packages, shipped with the function. */
export const unreadPackageFiles: RuleDefinition<'requirements'> = defineRule({
  id: 'dependencies/unread-package-files',
  subject: 'requirements',
  title: 'Files of packages that no run needs',
  severity: 'advice',
  since: '0.1.0',
  status: 'preview',
  safety: 'manual',
  *check(use, { knowledge }) {
    const installed = [...(compiledFor(use, knowledge)?.versions.keys() ?? [])];
    const [line] = requirementsOf(use);
    const parts = installed
      .flatMap((name) => Object.entries(knowledge.packages.get(name)?.unread ?? {}).map(([kind, bytes]) => ({ name, kind, bytes })))
      .toSorted((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
    const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    if (!line || total < least) return;
    const heaviest = parts.slice(0, 3).map(({ name, kind, bytes }) => `${kind} of ${name} (${(bytes / 1e6).toFixed(1)} MB)`);
    const isImage = use.installations.some((one) => one.kind === 'image');
    yield {
      message: `the packages bring ${(total / 1e6).toFixed(0)} MB for those who develop them: ${heaviest.join(', ')}${parts.length > heaviest.length ? ' and more' : ''}`,
      at: { file: use.source.requirements.source, span: line.span },
      cost: { kind: 'measured', bytes: total, formula: 'unpacked sizes in the wheels of tests, type stubs, headers and documentation' },
      advice: isImage
        ? 'where size matters, delete the folders in the same RUN that installs them, and run the function on real events: a few packages open such files'
        : 'where the 250 MB are near, build with a makefile that deletes the folders after installing, and run the function on real events: a few packages open such files',
    };
  },
});
