import type { ReplayImage, ReplayLayer } from '../build/state.ts';

/** The file on disk that an entry of a layer is a copy of; undefined for folders and links. */
export function sourceOf(entry: ReplayLayer['entries'][number]): string | undefined {
  return entry.kind === 'file' && entry.content.kind === 'disk' ? entry.content.path : undefined;
}

/** Every file that layers of these images are copies of. */
export function sourcesOf(images: readonly ReplayImage[]): Set<string> {
  const paths = images.flatMap(({ edits }) => edits.flatMap(({ entries }) => entries.map(sourceOf)));
  return new Set(paths.filter((path) => path !== undefined));
}
