import { eventSourcesOf } from '../../model/event-sources.ts';
import { provisionedGigabyteSecond, secondsOfMonth } from '../../model/prices.ts';
import type { TemplateFile } from '../../project/project.ts';
import type { EvaluatedTemplate } from '../../project/template/evaluate.ts';
import type { YamlNode } from '../../syntax/yaml.ts';
import { defineRule, evidence, type Draft, type RuleDefinition } from '../rule.ts';
import { snapStartObstacles, startModesOf, type StartMode } from '../start-modes.ts';
import { setProperty } from '../template-edit.ts';
import { runsAtEdge } from '../edge-functions.ts';
import { evaluatedOf, functionsIn, listed, textIn } from '../template-use.ts';

/** SnapStart and provisioned concurrency that contradict each other, do nothing, or are wanting. */
export const unfitStartMode: RuleDefinition<'template'> = defineRule({
  id: 'template/unfit-start-mode',
  subject: 'template',
  title: 'SnapStart or provisioned concurrency wrong, without effect, or wanting',
  severity: 'warning',
  since: '0.2.0',
  status: 'stable',
  safety: 'unsafe',
  *check(template, { model }) {
    const evaluated = evaluatedOf(template, model);
    if (!evaluated) return;
    const modes = startModesOf(functionsIn(template, model).filter((fn) => !runsAtEdge(fn, evaluated)), evaluated);
    for (const mode of modes) {
      if (mode.hasSnapStart === true) yield* snapStart(template, evaluated, mode);
      else if (isProvisionedInVain(mode)) yield provisioned(template, evaluated, mode);
    }
    yield* wanting(template, evaluated, modes);
  },
});

function* snapStart(template: TemplateFile, evaluated: EvaluatedTemplate, mode: StartMode): Iterable<Draft> {
  const { fn } = mode;
  const at = placeOf(template, mode, 'SnapStart');
  const obstacles = snapStartObstacles(mode, evaluated);
  if (obstacles.length > 0) {
    yield { message: `${fn.logicalId} asks for SnapStart, which Lambda refuses with ${listed(obstacles)}`, at, severity: 'error', advice: 'take SnapStart out, or what excludes it' };
  } else if (!mode.isPublished) {
    yield { message: `${fn.logicalId} asks for SnapStart, which works for published versions alone, and none is published: it does nothing`, at, ...alias(template, evaluated, mode) };
  }
}

function isProvisionedInVain({ fn, isPublished }: StartMode): boolean {
  return fn.type === 'AWS::Serverless::Function' && !isPublished && fn.property('ProvisionedConcurrencyConfig') !== undefined;
}

function provisioned(template: TemplateFile, evaluated: EvaluatedTemplate, mode: StartMode): Draft {
  return {
    message: `${mode.fn.logicalId} has ProvisionedConcurrencyConfig but no AutoPublishAlias: SAM refuses the template when it is deployed`,
    at: placeOf(template, mode, 'ProvisionedConcurrencyConfig'), severity: 'error', ...alias(template, evaluated, mode),
  };
}

/** The name is only a name: `live` is the one of the SAM developer guide. */
function alias(template: TemplateFile, evaluated: EvaluatedTemplate, { fn }: StartMode): Pick<Draft, 'fix' | 'advice'> {
  const resource = evaluated.resources.find((one) => one.logicalId === fn.logicalId);
  const edit = fn.type === 'AWS::Serverless::Function' && resource ? setProperty(template, resource, 'AutoPublishAlias', /\.json$/u.test(template.path) ? '"live"' : 'live') : undefined;
  if (!edit) return { advice: 'set AutoPublishAlias (or make an AWS::Lambda::Version), and call the alias rather than the function' };
  return { fix: { title: `publish a version of ${fn.logicalId} at each deployment, under the alias live`, safety: 'unsafe', edits: [edit] } };
}

/** Functions that somebody waits for and that are known to start slowly: one finding, and only where nothing is set. */
function* wanting(template: TemplateFile, evaluated: EvaluatedTemplate, modes: readonly StartMode[]): Iterable<Draft> {
  const slow = modes.filter((mode) => mode.hasSnapStart === false && !mode.hasProvisioned && hasCaller(mode) && mode.fn.property('CapacityProviderConfig') === undefined);
  const java = slow.filter(({ fn }) => /^java(?:1[1-9]|[2-9]\d)/u.test(textIn(evaluated, fn.property('Runtime')) ?? '') && fn.ephemeralStorage.kind === 'known' && fn.ephemeralStorage.value <= 512 && fn.property('FileSystemConfigs') === undefined);
  if (java.length > 0) {
    yield {
      ...draftOf(template, java, `${java.length === 1 ? 'answers' : 'answer'} an API from Java without SnapStart: a cold start loads and compiles the classes while the caller waits`),
      severity: 'advice',
      advice: 'set SnapStart: {ApplyOn: PublishedVersions} and AutoPublishAlias, which costs nothing more for Java; mind connections and random numbers that are made while starting',
    };
  }
  const images = slow.filter(({ fn }) => fn.package.kind === 'image');
  if (images.length === 0) return;
  yield {
    ...draftOf(template, images, `${images.length === 1 ? 'answers' : 'answer'} ${images.every(({ fn }) => hasApi(fn)) ? 'an API' : 'callers'} from an image, and nothing is kept ready: the first caller after a pause or in a rush waits for the start`),
    severity: 'advice',
    advice: `where that matters, AutoPublishAlias and ProvisionedConcurrencyConfig in production alone keep copies ready${priceOf(images)}`,
  };
}

/** What one copy of each costs to keep ready, with the formula; empty where a memory size is not known. */
function priceOf(images: readonly StartMode[]): string {
  const costs = images.map(({ fn }) => {
    const rate = provisionedGigabyteSecond[fn.architecture.kind === 'known' ? fn.architecture.value : 'x86_64'];
    return fn.memory.kind === 'known' ? { rate, dollars: (fn.memory.value / 1024) * rate * secondsOfMonth } : undefined;
  });
  const known = costs.filter((cost) => cost !== undefined);
  const [first] = known;
  if (!first || known.length < costs.length) return '';
  const dollars = known.reduce((sum, cost) => sum + cost.dollars, 0);
  return `, for about $${dollars.toFixed(2)} a month for one copy${known.length === 1 ? '' : ' of each'} (memory in GB × $${first.rate.toFixed(10)} × ${secondsOfMonth.toLocaleString('en-US')} s)`;
}

function hasApi(fn: StartMode['fn']): boolean {
  return eventSourcesOf(fn).some(({ type }) => type === 'Api' || type === 'HttpApi');
}

function hasCaller({ fn }: StartMode): boolean {
  return hasApi(fn) || fn.property('FunctionUrlConfig') !== undefined;
}

function draftOf(template: TemplateFile, modes: readonly StartMode[], what: string): Draft {
  const file = template.source;
  return {
    message: `${listed(modes.map(({ fn }) => fn.logicalId))} ${what}`,
    at: { file, span: modes[0]?.fn.span ?? { start: 0, end: 0 } },
    evidence: modes.map(({ fn }) => evidence(file, eventSourcesOf(fn)[0]?.key.span ?? fn.span, fn.logicalId)),
  };
}

function placeOf(template: TemplateFile, { fn }: StartMode, property: string): Draft['at'] {
  const node: YamlNode | undefined = fn.property(property);
  return { file: template.source, span: node ? (node.alias ?? node.span) : fn.span };
}
