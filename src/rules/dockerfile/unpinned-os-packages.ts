import { finalSteps } from '../image-build.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** OS packages in the final image without versions, with recommended ones, or with the lists left behind. */
export const unpinnedOsPackages: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/unpinned-os-packages',
  subject: 'dockerfile',
  title: 'OS packages without versions, or with more than was asked for',
  severity: 'advice',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(build) {
    for (const step of finalSteps(build)?.steps ?? []) {
      const installs = step.effects.filter((effect) => effect.kind === 'os-packages' && effect.verb === 'install' && effect.packages.length > 0);
      const [first] = installs;
      if (first?.kind !== 'os-packages') continue;
      const packages = installs.flatMap((effect) => (effect.kind === 'os-packages' ? effect.packages : []));
      const isDebian = first.manager === 'apt-get' || first.manager === 'apt';
      const isCleaned = step.effects.some((effect) => (effect.kind === 'os-packages' && effect.verb === 'clean' && !isDebian) || (effect.kind === 'file-operation' && effect.operation === 'rm' && effect.paths.some((path) => /^\/var\/(?:lib\/apt\/lists|cache)/u.test(path))));
      const wrongs = [
        ...(packages.every((name) => /[=]|-\d+\.\d/u.test(name)) ? [] : ['without versions']),
        ...(first.isMinimal || first.manager === 'apk' ? [] : ['with all that they recommend']),
        ...(isCleaned || first.manager === 'apk' ? [] : ['and leaves the package lists in the image']),
      ];
      if (wrongs.length === 0) continue;
      const minimal = isDebian ? '--no-install-recommends' : '--setopt=install_weak_deps=0';
      const clean = isDebian ? 'rm -rf /var/lib/apt/lists/*' : `${first.manager} clean all`;
      yield {
        message: `${first.manager} installs ${packages.join(', ')} ${wrongs.join(', ')}`,
        at: { file: build.dockerfile.source, span: first.span },
        cost: isCleaned ? undefined : { kind: 'estimate', bytes: 20_000_000, formula: 'package lists are about 20 MB' },
        advice: `give versions, ${minimal}, and end the line with \`&& ${clean}\``,
      };
    }
  },
});
