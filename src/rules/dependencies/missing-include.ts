import { dirname, resolve } from 'node:path';
import { sizesByPath } from '../../model/files-below.ts';
import { isMadeElsewhere } from '../made-elsewhere.ts';
import { projectPath } from '../requirements-use.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** A requirements file that another one includes and that is not there: pip stops. */
export const missingInclude: RuleDefinition<'requirements'> = defineRule({
  id: 'dependencies/missing-include',
  subject: 'requirements',
  title: 'Requirements that include a file which is not there',
  severity: 'error',
  since: '0.2.0',
  status: 'stable',
  safety: 'manual',
  *check({ file }, { project }) {
    const known = new Map(project.requirements.map((one) => [one.path, one]));
    const there = sizesByPath(project);
    const waiting = [file];
    const seen = new Set<string>();
    for (let one = waiting.pop(); one; one = waiting.pop()) {
      if (seen.has(one.path)) continue;
      seen.add(one.path);
      for (const line of one.requirements.lines) {
        if ((line.kind !== 'include' && line.kind !== 'constraint') || /^[a-z]+:\/\/|\$\{/iu.test(line.path)) continue;
        const path = resolve(dirname(one.path), line.path);
        const next = known.get(path);
        if (next) waiting.push(next);
        if (next || there.has(path) || !project.areFilesComplete || isMadeElsewhere(project, projectPath(project, path)) || projectPath(project, path).startsWith('../')) continue;
        yield {
          message: `${one.requirements.source.path} includes ${line.path}, which is not there: nothing is installed`,
          at: { file: one.requirements.source, span: line.span },
          advice: 'correct the path, which is relative to the file that names it, or add the file',
        };
      }
    }
  },
});
