import { findFfmpeg } from '../../model/ffmpeg-install.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** ffmpeg inside a zip function's own package, where a Lambda layer would be uploaded once and shared. */
export const unlayeredFfmpeg: RuleDefinition<'function'> = defineRule({
  id: 'ffmpeg/unlayered-ffmpeg',
  subject: 'function',
  title: 'ffmpeg inside a zip function',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(subject, { project }) {
    if (subject.package.kind !== 'zip') return;
    for (const install of findFfmpeg(subject, project)) {
      if (install.way !== 'committed-binary' && install.way !== 'python-package') continue;
      const size = project.files.find((file) => file.path === install.origin)?.size;
      yield {
        message: `${subject.logicalId} carries ffmpeg (${install.origin}) in its own package: it is uploaded with each change of the code`,
        at: { file: subject.template.source, span: subject.span },
        cost: size === undefined ? undefined : { kind: 'measured', bytes: size, formula: 'size of the file' },
        advice: 'put it at bin/ffmpeg of an AWS::Serverless::LayerVersion: /opt/bin is on the PATH, and functions share it',
      };
    }
  },
});
