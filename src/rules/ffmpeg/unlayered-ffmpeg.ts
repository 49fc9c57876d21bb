import { findFfmpeg, type FfmpegInstall } from '../../model/ffmpeg-install.ts';
import type { LambdaFunction } from '../../model/function.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** ffmpeg inside zip functions' own packages, where a Lambda layer would be uploaded once and shared. */
export const unlayeredFfmpeg: RuleDefinition<'project'> = defineRule({
  id: 'ffmpeg/unlayered-ffmpeg',
  subject: 'project',
  title: 'ffmpeg inside a zip function',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(project, { model }) {
    const carried = new Map<string, { readonly install: FfmpegInstall; readonly functions: LambdaFunction[] }>();
    for (const subject of model.functions) {
      if (subject.package.kind !== 'zip') continue;
      for (const install of findFfmpeg(subject, project)) {
        if (install.way !== 'committed-binary' && install.way !== 'python-package') continue;
        const key = install.way === 'python-package' ? install.origin.replace(/[=<>~!].*$/u, '') : install.origin;
        const known = carried.get(key) ?? { install, functions: [] };
        known.functions.push(subject);
        carried.set(key, known);
      }
    }
    for (const { install, functions } of carried.values()) {
      const [first] = functions;
      if (!first) continue;
      const size = project.files.find((file) => file.path === install.origin)?.size;
      const names = functions.map(({ logicalId }) => logicalId);
      const shown = names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more functions` : names.join(', ');
      const isPackage = install.way === 'python-package';
      yield {
        message: `${shown} ${names.length === 1 ? 'carries' : 'carry'} ffmpeg (${install.origin}) in ${names.length === 1 ? 'its own package' : 'packages of their own'}: it is uploaded with each change of the code`,
        at: { file: first.template.source, span: first.span },
        cost: isPackage
          ? { kind: 'estimate', bytes: 29_500_000 * names.length, formula: "imageio-ffmpeg's wheel is 29.5 MB, for each function" }
          : size === undefined ? undefined : { kind: 'measured', bytes: size * names.length, formula: names.length === 1 ? 'size of the file' : 'size of the file, for each function' },
        advice: isPackage ? 'put it into an AWS::Serverless::LayerVersion of its own' : 'put it at bin/ffmpeg of an AWS::Serverless::LayerVersion: /opt/bin is on the PATH, and functions share it',
      };
    }
  },
});
