import { Failure, failure } from '../base/fault.ts';
import type { Host } from '../base/host.ts';
import { meant } from '../base/nearest.ts';
import type { LambdaFunction, Model } from '../model/function.ts';
import { resolveModel } from '../model/resolve.ts';
import { unknownFunction } from '../model/unknown-function.ts';
import { openProject } from '../project/open.ts';
import type { Project } from '../project/project.ts';
import { askedKinds, askedSource, type Asked, type AskedKind } from '../workflow/asked-event.ts';
import { eventSourcesOf, type EventSource } from '../workflow/event-source.ts';
import { madeEvent } from '../workflow/made-event.ts';
import { lastPart, namingFor, type Naming } from '../workflow/names.ts';
import type { BuildRequest } from './unchanged-build.ts';

/** What `shear event` was asked for. */
export interface EventRequest extends Omit<Asked, 'kind'> {
  readonly project: Pick<BuildRequest, 'folder' | 'template' | 'profile' | 'parameterOverrides'>;
  readonly source: string;
  readonly what: string | undefined;
  /** The function whose sources come first: logical ID or full path. */
  readonly function: string | undefined;
  readonly region: string | undefined;
}

/** An event as text; names come from the project's template where there is one, else they are made up. */
export async function makeEvent(host: Host, request: EventRequest): Promise<string> {
  const kind = kindOf(request);
  const asked: Asked = { kind, name: request.name, given: { action: kind.action, ...request.given } };
  const found = await projectOf(host, request);
  if (!found) return madeEvent(askedSource(asked, [], []), { ...nowhere, region: request.region ?? nowhere.region }, asked.given);
  const { project, model } = found;
  const subject = subjectOf(model, request.function);
  const functions = subject ? [subject] : model.functions;
  // Names are those of the template in which the source stands.
  const owner = functions.find((fn) => eventSourcesOf(fn, model).some((source) => source.kind === kind.makes)) ?? functions[0];
  const template = owner?.template ?? project.templates[0];
  const sources = functions.filter((fn) => fn.template === template).flatMap((fn): readonly EventSource[] => eventSourcesOf(fn, model));
  const resources = model.templates.find((one) => one.template === template)?.resources ?? [];
  const naming = namingFor(project, model, template);
  return madeEvent(askedSource(asked, sources, resources), { ...naming, region: request.region ?? naming.region }, asked.given);
}

/** Names for events without a project: AWS's own examples. */
const nowhere: Naming = {
  region: 'us-east-1', account: '123456789012',
  resource: (value) => ({ logicalId: '', type: '', name: lastPart(typeof value === 'string' ? value : 'example'), properties: {} }),
};

function kindOf({ source, what }: EventRequest): AskedKind {
  const ofSource = askedKinds.filter((one) => one.source === source);
  const [first, ...more] = ofSource;
  const sources = [...new Set(askedKinds.map((one) => one.source))];
  if (!first) throw failure('usage', `there are no events of ${source}`, { next: meant(source, sources, '', `name one of ${sources.join(', ')}; \`sam local generate-event\` has further services`) });
  if (what === undefined && more.length === 0) return first;
  const found = ofSource.find((one) => one.kind === what);
  if (!found) throw failure('usage', what === undefined ? `which event of ${source} is not said` : `${source} has no event ${what}`, { next: meant(what ?? '', ofSource.map((one) => one.kind), '', `name one of ${ofSource.map((one) => one.kind).join(', ')}`) });
  return found;
}

/** A folder without a template is no fault: an event can be made anywhere. */
async function projectOf(host: Host, { project: given, function: name }: EventRequest): Promise<{ readonly project: Project; readonly model: Model } | undefined> {
  try {
    const project = await openProject(host, { ...given, allowsMissingTemplates: true, allowsBrokenDockerfiles: true });
    return { project, model: resolveModel(project, given) };
  } catch (error) {
    if (!(error instanceof Failure) || error.fault.code !== 'project/not-found' || given.template !== undefined || name !== undefined) throw error;
    host.emit({ kind: 'note', text: `the names are made up: ${error.fault.what}` });
    return undefined;
  }
}

function subjectOf(model: Model, name: string | undefined): LambdaFunction | undefined {
  if (name === undefined) return undefined;
  const found = model.functions.find((fn) => fn.logicalId === name || fn.fullPath === name);
  if (!found) throw unknownFunction(name, model.functions.map((fn) => fn.fullPath));
  return found;
}
