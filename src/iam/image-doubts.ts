import type { ImagePackage } from '../model/function.ts';
import type { Doubt } from './need.ts';

/** Bases that bring an interpreter and no code of anybody's. */
const plainBase = /(?:^|\/)(?:lambda\/)?(?:python|amazonlinux|debian|ubuntu|alpine|provided)(?:[:@]|$)/u;

/** What an image may hold besides the context's Python files. Read from the Dockerfile's text: a doubt too many does no harm. */
export function doubtsOfImage({ dockerfile }: ImagePackage): readonly Doubt[] {
  const { source } = dockerfile.dockerfile;
  const lines = source.text.split(/\r?\n/u);
  const stages = new Set(lines.flatMap((line) => /^\s*FROM\s.*\sAS\s+(\S+)/iu.exec(line)?.[1]?.toLowerCase() ?? []));
  const doubts: Doubt[] = [];
  let offset = 0;
  for (const line of lines) {
    const why = whyIn(line, stages);
    if (why !== undefined) doubts.push({ services: ['*'], why, at: { file: source, span: { start: offset, end: offset + line.length } } });
    offset = source.text.indexOf('\n', offset) + 1 || source.text.length;
  }
  return doubts;
}

function whyIn(line: string, stages: ReadonlySet<string>): string | undefined {
  const base = /^\s*FROM\s+(?:--\S+\s+)*(\S+)/iu.exec(line)?.[1];
  if (base !== undefined && !stages.has(base.toLowerCase()) && !plainBase.test(base)) return `the base image ${base} may bring code of its own`;
  const from = /^\s*COPY\s+(?:--\S+\s+)*--from=(\S+)/iu.exec(line)?.[1];
  if (from !== undefined && !stages.has(from.toLowerCase()) && !/^\d+$/u.test(from)) return `files from ${from} may call AWS`;
  if (/^\s*ENTRYPOINT\b/iu.test(line) && !line.includes('awslambdaric')) return 'the image has an entry point of its own';
  if (/git\s+clone|git\+|ADD\s+https?:/iu.test(line)) return 'the build fetches code from elsewhere';
  return /\baws\s+(?:s3|ssm|secretsmanager|configure)\b|awscli/u.test(line) ? 'the image has the AWS CLI' : undefined;
}
