import type { ImagePackage } from '../model/function.ts';
import type { PythonSource } from '../project/project.ts';
import type { Doubt } from './need.ts';

/** Bases that bring an interpreter and no code of anybody's. */
const plainBase = /(?:^|\/)(?:lambda\/)?(?:python|amazonlinux|debian|ubuntu|alpine|provided)(?:[:@]|$)/u;

/** What an image may hold besides the context's Python files. Read from the Dockerfile's text: a doubt too many does no harm. */
export function doubtsOfImage(own: ImagePackage, sources: readonly PythonSource[]): readonly Doubt[] {
  const { dockerfile } = own;
  const { source } = dockerfile.dockerfile;
  const lines = source.text.split(/\r?\n/u);
  const stages = new Set(lines.flatMap((line) => /^\s*FROM\s.*\sAS\s+(\S+)/iu.exec(line)?.[1]?.toLowerCase() ?? []));
  const doubts: Doubt[] = isHandlerThere(own, sources) ? [] : [{ services: ['*'], why: 'its handler is not among its sources', at: undefined }];
  let offset = 0;
  for (const line of lines) {
    const why = whyIn(line, stages);
    if (why !== undefined) doubts.push({ services: ['*'], why, at: { file: source, span: { start: offset, end: offset + line.length } } });
    offset = source.text.indexOf('\n', offset) + 1 || source.text.length;
  }
  return doubts;
}

/** The command names a module of the context. */
function isHandlerThere({ dockerfile, imageConfig }: ImagePackage, sources: readonly PythonSource[]): boolean {
  const command = imageConfig.command ?? dockerfile.dockerfile.stages.at(-1)?.instructions.findLast(({ keyword }) => keyword === 'CMD')?.words.map(({ text }) => text);
  const handler = command?.at(-1);
  if (handler === undefined || imageConfig.entryPoint !== undefined) return false;
  const file = `/${handler.slice(0, Math.max(0, handler.lastIndexOf('.'))).replaceAll('.', '/')}.py`;
  return sources.some(({ path }) => path.startsWith(dockerfile.context) && path.replaceAll('\\', '/').endsWith(file));
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
