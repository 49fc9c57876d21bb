import type { Span } from '../base/source.ts';
import { mountsOf } from '../model/run-command.ts';
import type { ImageBuild } from './image-build.ts';

/** An image from outside that a Dockerfile names. */
export interface NamedImage {
  /** Variables filled in. */
  readonly reference: string;
  /** As written. */
  readonly written: string;
  /** Of the reference alone. */
  readonly span: Span;
  readonly by: 'FROM' | 'COPY' | 'RUN';
}

/**
 * Every image that FROM, COPY --from and RUN --mount name and that is no stage, no further build context and no archive on disk.
 * What a variable without a value stands for is left out.
 */
export function namedImages(build: ImageBuild): readonly NamedImage[] {
  const contexts = new Set(build.functions.flatMap((one) => contextNames(one.package.extraParameters)));
  const isImage = (reference: string): boolean => !reference.includes('$') && !/^[a-z-]+:[./]/u.test(reference) && reference !== 'scratch' && !contexts.has(reference);
  const stages = new Set(build.stages.flatMap(({ stage }) => [stage.name ?? '', String(stage.index)]));
  return build.stages.flatMap(({ stage, base, isOwnBase }) => {
    const from: readonly NamedImage[] = isOwnBase ? [] : [{ reference: base, written: stage.base.text, span: stage.base.span, by: 'FROM' }];
    const others = stage.instructions.flatMap((instruction): readonly NamedImage[] => {
      const { text } = build.dockerfile.source;
      const flag = instruction.keyword === 'COPY' ? instruction.flags.find(({ name }) => name === 'from') : undefined;
      const copied: readonly NamedImage[] = flag ? [{ reference: flag.value, written: flag.value, span: { start: flag.span.end - flag.value.length, end: flag.span.end }, by: 'COPY' }] : [];
      const mounted = instruction.keyword !== 'RUN' ? [] : mountsOf(instruction).flatMap(({ from: name, span }): readonly NamedImage[] => {
        if (name === undefined) return [];
        const start = text.indexOf(`from=${name}`, span.start) + 'from='.length;
        return [{ reference: name, written: name, span: { start, end: start + name.length }, by: 'RUN' }];
      });
      return [...copied, ...mounted].filter(({ reference, span }) => !stages.has(reference.toLowerCase()) && text.slice(span.start, span.end) === reference);
    });
    return [...from, ...others].filter(({ reference }) => isImage(reference));
  });
}

/** `--build-context name=…` gives a name to something that is no image of a registry. */
function contextNames(parameters: readonly string[]): readonly string[] {
  return parameters.flatMap((one, index) => {
    const value = one === '--build-context' ? parameters[index + 1] : /^--build-context=(.*)$/u.exec(one)?.[1];
    return value === undefined ? [] : [value.split('=')[0] ?? ''];
  });
}
