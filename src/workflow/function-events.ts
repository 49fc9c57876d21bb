import { onceForBoth } from '../base/once.ts';
import type { Edit } from '../edits/edit.ts';
import type { LambdaFunction, Model } from '../model/function.ts';
import type { Project } from '../project/project.ts';
import { eventFilesOf, eventsFor, sourcesWithoutEvent } from './event-files.ts';
import { eventSourcesOf, type EventSource } from './event-source.ts';
import { isBuilt } from './handlers.ts';
import { eventPath, madeEvent } from './made-event.ts';
import { namingFor } from './names.ts';
import type { SmokeCase } from './smoke-test.ts';

/** What calls a function, and the files that stand for it. */
export interface FunctionEvents {
  readonly subject: LambdaFunction;
  readonly sources: readonly EventSource[];
  /** The project's own events for it, relative paths, the likeliest first. */
  readonly own: readonly { readonly path: string; readonly isSure: boolean }[];
  /** Events that nobody has written yet. */
  readonly missing: readonly { readonly source: EventSource; readonly edit: Extract<Edit, { kind: 'create' }> }[];
}

/** Every function that is built from source, with its events. */
export const functionEvents: (project: Project, model: Model) => readonly FunctionEvents[] = onceForBoth((project, model) => {
  const files = eventFilesOf(project);
  const functions = model.functions.filter(isBuilt).map((subject) => ({ subject, sources: eventSourcesOf(subject, model) }));
  const taken = new Set(project.files.map(({ path }) => path));
  return functions.map(({ subject, sources }) => {
    const own = eventsFor(subject, sources, files);
    const without = sourcesWithoutEvent(subject, sources, { files, countOf: (kind) => functions.filter((one) => one.sources.some((source) => source.kind === kind)).length });
    const naming = namingFor(project, model, subject.template);
    const missing = without.flatMap((source) => {
      const path = eventPath(subject, source);
      if (taken.has(path)) return [];
      taken.add(path);
      return [{ source, edit: { kind: 'create' as const, path, text: madeEvent(source, naming) } }];
    });
    return { subject, sources, own: own.map(({ path, isSure }) => ({ path, isSure })), missing };
  });
});

/** What a smoke test sends through a function: its own event, made ones for the other sources, {} where nothing is known. */
export function smokeCases({ subject, own, missing }: FunctionEvents): readonly SmokeCase[] {
  const [first] = own;
  const given = first ? [{ name: subject.fullPath, event: first.path, isOwn: first.isSure }] : [];
  const made = missing.map(({ edit }) => ({ name: subject.fullPath, event: edit.path, isOwn: false }));
  return given.length + made.length > 0 ? [...given, ...made] : [{ name: subject.fullPath, event: undefined, isOwn: false }];
}
