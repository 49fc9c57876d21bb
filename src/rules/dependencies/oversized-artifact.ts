import { posix, relative, sep } from 'node:path';
import { filesBelow } from '../../model/files-below.ts';
import type { LambdaFunction, ZipPackage } from '../../model/function.ts';
import { limits } from '../../model/limits.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

const mebibyte = 1024 * 1024;

/** A code folder that alone is over what Lambda unpacks. */
export const oversizedArtifact: RuleDefinition<'project'> = defineRule({
  id: 'dependencies/oversized-artifact',
  subject: 'project',
  title: 'Artefact over what Lambda takes',
  severity: 'error',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(project, { model }) {
    const folders = new Map<string, LambdaFunction[]>();
    for (const subject of model.functions) {
      if (subject.package.kind === 'zip' && isCopied(subject.package)) folders.set(subject.package.codeFolder, [...(folders.get(subject.package.codeFolder) ?? []), subject]);
    }
    for (const [path, functions] of folders) {
      const [first] = functions;
      const folder = relative(project.folder, path).split(sep).join('/');
      const files = filesBelow(project, path);
      const bytes = files.reduce((sum, file) => sum + file.size, 0);
      const most = limits.zipUnpacked.value;
      if (!first || bytes <= most) continue;
      const heaviest = files.toSorted((a, b) => b.size - a.size).slice(0, 3).map((file) => `${posix.join(folder, file.path)} (${megabytes(file.size)})`);
      yield {
        message: `the code folder of ${functions.map((one) => one.logicalId).join(', ')} has ${megabytes(bytes)}, more than the ${megabytes(most)} that Lambda unpacks`,
        at: { file: first.template.source, span: first.span },
        cost: { kind: 'measured', bytes, formula: 'files of the code folder, without dependencies' },
        advice: `heaviest: ${heaviest.join(', ')}; move out of the folder what the code does not read, read it from S3, or package the function as an image (10 GB)`,
      };
    }
  },
});

/** Runtimes whose build copies the whole folder; a bundler or compiler takes what it needs. */
function isCopied({ runtime, buildMethod }: ZipPackage): boolean {
  return buildMethod === undefined && /^(?:python|nodejs|ruby)/u.test(runtime);
}

/** As AWS counts them: 250 MB are 250 × 1024 × 1024 bytes. */
function megabytes(bytes: number): string {
  return `${Math.round(bytes / mebibyte)} MB`;
}
