import { isKnownPart } from './components.ts';
import type { Argument } from './command.ts';
import { filtersOfGraph, unknownText } from './filter-graph.ts';
import type { NeedBuilder } from './need-builder.ts';

/** Filters that ffmpeg's libraries always have. */
const builtIn: ReadonlySet<string> = new Set(['buffer', 'abuffer', 'buffersink', 'abuffersink']);

/** Filters that read a file of their own. */
const readers: ReadonlySet<string> = new Set(['movie', 'amovie']);

/** Adds the filters of a graph. */
export function needOfGraph(graph: Argument, need: NeedBuilder): void {
  const { place } = graph;
  for (const text of graph.texts) {
    const filters = filtersOfGraph(text);
    if (!filters || text.trim() === unknownText) {
      need.doubt(`which filters \`${graph.written}\` has cannot be told`, place);
      continue;
    }
    for (const { name, argument } of filters) {
      if (builtIn.has(name)) continue;
      if (!isKnownPart('filter', name)) need.doubt(`ffmpeg has no filter ${name}`, place);
      else need.add('filter', name, { kind: 'code', place });
      if (!readers.has(name)) continue;
      need.family('sound');
      need.family('video');
      if (argument.includes('://')) need.doubt('a filter reads from the network', place);
    }
  }
}
