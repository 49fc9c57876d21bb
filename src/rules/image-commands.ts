import { posix } from 'node:path';
import type { SourceFile, Span } from '../base/source.ts';

/** A command of a script, or a step of a workflow, that builds an image with BuildKit and sends it to a registry. */
export interface ImageCommand {
  readonly file: SourceFile;
  readonly span: Span;
  /** As messages name it. */
  readonly name: string;
  /** Folders or Dockerfiles that it names, relative to the project. */
  readonly paths: readonly string[];
  /** What makes it send more than one plain manifest. */
  readonly fault: 'attestations' | 'platforms';
}

/** Commands of a script or CI file whose image Lambda refuses: `docker buildx build --push` with attestations or several platforms. */
export function imageCommands(file: SourceFile): readonly ImageCommand[] {
  if (/BUILDX_NO_DEFAULT_ATTESTATIONS\s*[:=]\s*["']?(?:1|true)/u.test(file.text)) return [];
  return [...shellCommands(file), ...workflowSteps(file)];
}

function shellCommands(file: SourceFile): readonly ImageCommand[] {
  return Array.from(file.text.matchAll(/^[^\n#]*?\bdocker\s+buildx\s+(?:build|b)\b(?:[^\n\\]|\\\r?\n|\\.)*/gmu)).flatMap((match): readonly ImageCommand[] => {
    const at = match[0].search(/\bdocker\s+buildx/u);
    const command = match[0].slice(at).replace(/\\\r?\n/gu, ' ').split(/\s(?:&&|\|\||;|\|)\s/u)[0] ?? '';
    const isSent = /\s--push\b|type=(?:registry|image)\b[^\s]*push=true|type=registry/u.test(command);
    const fault = !isSent ? undefined : /--platform[=\s]+["']?[\w/]+,/u.test(command) ? 'platforms' : /--provenance(?:=|\s+)["']?false/u.test(command) ? undefined : 'attestations';
    if (!fault) return [];
    const start = match.index + at;
    const end = start + (/^docker\s+buildx\s+\w+/u.exec(match[0].slice(at))?.[0].length ?? 6);
    return [{ file, span: { start, end }, name: 'docker buildx build', fault, paths: pathsOf(file, command) }];
  });
}

/** The context and `-f` of a command; a script is taken to run in its own folder or in the project's. */
function pathsOf(file: SourceFile, command: string): readonly string[] {
  const words = command.trim().split(/\s+/u);
  const named = [words.at(-1) ?? '', ...words.flatMap((word, i) => (word === '-f' || word === '--file' ? [words[i + 1] ?? ''] : word.startsWith('--file=') ? [word.slice('--file='.length)] : []))];
  const plain = named.map((path) => path.replace(/^["']|["']$/gu, '')).filter((path) => /^[\w./-]+$/u.test(path) && !path.startsWith('-'));
  return [...new Set(plain.flatMap((path) => [posix.normalize(path), posix.join(posix.dirname(file.path), path)]))].map((path) => path.replace(/(?<=.)\/$/u, ''));
}

/** Steps of GitHub workflows with docker/build-push-action, which attests unless it is told not to. */
function workflowSteps(file: SourceFile): readonly ImageCommand[] {
  return Array.from(file.text.matchAll(/^(?<indent>[ \t]*)(?:-[ \t]+)?uses:[ \t]*["']?docker\/build-push-action@v?(?<version>\d+)?[^\n]*\n(?<rest>(?:(?:\k<indent>[ \t]*[^\s-][^\n]*|[ \t]*)\n?)*)/gmu)).flatMap((match): readonly ImageCommand[] => {
    const { version = '', rest = '' } = match.groups ?? {};
    const input = (name: string): string | undefined => new RegExp(`^\\s*${name}:[ \\t]*["']?([^"'\\n#]*)`, 'mu').exec(rest)?.[1]?.trim();
    // Attestations came with version 4 of the action.
    const isOld = version !== '' && Number(version) < 4;
    const isSent = input('push') !== undefined && input('push') !== 'false';
    const fault = !isSent ? undefined : /,/u.test(input('platforms') ?? '') ? 'platforms' : isOld || input('provenance') === 'false' ? undefined : 'attestations';
    if (!fault) return [];
    const start = match.index + match[0].indexOf('docker/build-push-action');
    const paths = [input('context') ?? '.', input('file')].flatMap((path) => (path !== undefined && /^[\w./-]+$/u.test(path) ? [posix.normalize(path).replace(/(?<=.)\/$/u, '')] : []));
    return [{ file, span: { start, end: start + 'docker/build-push-action'.length }, name: 'docker/build-push-action', fault, paths }];
  });
}
