import { relative, sep } from 'node:path';
import { limits } from '../../model/limits.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** A zip function whose code folder alone is over what Lambda unpacks. */
export const oversizedArtifact: RuleDefinition<'function'> = defineRule({
  id: 'dependencies/oversized-artifact',
  subject: 'function',
  title: 'Artefact over what Lambda takes',
  severity: 'error',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(subject, { project }) {
    if (subject.package.kind !== 'zip') return;
    const folder = relative(project.folder, subject.package.codeFolder).split(sep).join('/');
    const files = project.files.filter(({ path }) => (folder === '' ? !path.startsWith('../') : path.startsWith(`${folder}/`)));
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    const most = limits.zipUnpacked.value;
    if (bytes <= most) return;
    const heaviest = files.toSorted((a, b) => b.size - a.size).slice(0, 3).map((file) => `${file.path} (${Math.round(file.size / 1e6)} MB)`);
    yield {
      message: `the code folder of ${subject.logicalId} is ${Math.round(bytes / 1e6)} MB, more than the ${Math.round(most / 1e6)} MB that Lambda unpacks`,
      at: { file: subject.template.source, span: subject.span },
      cost: { kind: 'measured', bytes, formula: 'files of the code folder' },
      advice: `heaviest: ${heaviest.join(', ')}; leave them out, read them from S3, or package the function as an image (10 GB)`,
    };
  },
});
