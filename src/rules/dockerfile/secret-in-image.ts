import { isSecretName } from '../context-patterns.ts';
import { finalSteps } from '../image-build.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

const secretVariable = /(?:^|_)(?:SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?)(?:_|$)/iu;

/** Credentials that everybody can read who can pull the image. */
export const secretInImage: RuleDefinition<'dockerfile'> = defineRule({
  id: 'dockerfile/secret-in-image',
  subject: 'dockerfile',
  title: 'Credentials in the image',
  severity: 'error',
  since: '0.1.0',
  status: 'stable',
  safety: 'manual',
  *check(build) {
    const source = build.dockerfile.source;
    for (const step of finalSteps(build)?.steps ?? []) {
      const { instruction, copy } = step;
      if (instruction.keyword === 'ENV' || instruction.keyword === 'ARG') {
        for (const word of instruction.words) {
          const [name = '', value = ''] = word.text.split(/=(.*)/su);
          const plain = value.replace(/^["']|["']$/gu, '');
          // Names of parameters and secrets, variables and empty values give nothing away.
          if (!secretVariable.test(name) || plain.length < 8 || /\$|^arn:|^\/|ssm|secretsmanager/u.test(plain)) continue;
          const at = { file: source, span: { start: word.span.start, end: word.span.start + name.length } };
          yield { message: `${instruction.keyword} ${name} puts a credential into the image's history`, at, advice: 'pass it when the function starts (environment from Secrets Manager or Parameter Store), or mount it with RUN --mount=type=secret' };
        }
      }
      for (const path of copy?.sources.filter(isSecretName) ?? []) {
        yield { message: `${path} is copied into the image, and may hold credentials`, at: { file: source, span: instruction.span }, advice: 'leave it out, add it to .dockerignore, and read secrets when the function starts' };
      }
    }
  },
});
