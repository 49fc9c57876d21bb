import type { Edit, Fix } from '../../edits/edit.ts';
import type { LambdaFunction } from '../../model/function.ts';
import type { TemplateFile } from '../../project/project.ts';
import { get, insertEntry, setEntry, type YamlMap } from '../../syntax/yaml.ts';
import { alarmCount, monitoringResources, prices } from '../../workflow/alarms.ts';
import { eventSourcesOf, type EventKind } from '../../workflow/event-source.ts';
import { productionCondition, type ProductionCondition } from '../../workflow/production-condition.ts';
import { runsAtEdge } from '../edge-functions.ts';
import { passedValues } from '../sam-profiles.ts';
import { evaluatedOf, functionsIn, isOwnMap, listed, resourceTypes } from '../template-use.ts';
import { defineRule, type RuleDefinition } from '../rule.ts';

/** Sources that call a function and do not wait: a failure shows nowhere but in metrics. */
const isSilent: ReadonlySet<EventKind> = new Set<EventKind>(['S3', 'SQS', 'SNS', 'DynamoDB', 'Kinesis', 'MSK', 'Kafka', 'MQ', 'DocumentDB', 'CloudWatchLogs', 'EventBridge', 'Schedule', 'Scheduler', 'IoTRule']);

/** More functions than this make more alarms than anybody reads. */
const mostFunctions = 15;

/** Functions whose failures nobody is told of. */
export const missingMonitoring: RuleDefinition<'template'> = defineRule({
  id: 'workflow/missing-monitoring',
  subject: 'template',
  title: 'No alarm and no dashboard',
  severity: 'advice',
  since: '0.2.0',
  status: 'stable',
  safety: 'unsafe',
  after: ['template/unobserved-function', 'samconfig/missing-dev-overrides'],
  *check(template, { project, model }) {
    const isWatched = model.templates.some(({ template: one }) => resourceTypes(one).some((type) => /^AWS::CloudWatch::|^Datadog::|^NewRelic::|^AWS::Synthetics::|^AWS::ApplicationInsights::/u.test(type)));
    const condition = productionCondition(template, (name) => passedValues(project, name));
    const evaluated = evaluatedOf(template, model);
    // What runs at the edge counts in the Region of each viewer.
    const functions = functionsIn(template, model).filter((fn) => !(evaluated && runsAtEdge(fn, evaluated)));
    const [first] = functions;
    const silent = functions.filter((fn) => eventSourcesOf(fn, model).some(({ kind }) => isSilent.has(kind)));
    // A template that answers requests and has no production is somebody's trial.
    if (isWatched || !first || (silent.length === 0 && !condition)) return;
    const fix = fixOf(template, functions, condition);
    const none = `the ${model.templates.length > 1 ? 'templates have' : 'template has'} no alarm and no dashboard`;
    yield {
      message: silent.length > 0 ? `${listed(silent.map(({ logicalId }) => logicalId))} ${silent.length === 1 ? 'fails' : 'fail'} in silence, since no caller waits for an answer: ${none}` : `nobody is told when ${listed(functions.map(({ logicalId }) => logicalId))} ${functions.length === 1 ? 'fails' : 'fail'} in production: ${none}`,
      at: { file: template.source, span: (silent[0] ?? first).span },
      ...(fix ? { fix } : { advice: 'add alarms on Errors, Throttles and Duration of the functions that matter, for production alone' }),
    };
  },
});

function fixOf(template: TemplateFile, all: readonly LambdaFunction[], condition: ProductionCondition | undefined): Fix | undefined {
  const { document } = template;
  const resources = get(document.root, 'Resources');
  const parameters = get(document.root, 'Parameters');
  const functions = all.filter((fn) => isOwnMap(get(resources, fn.logicalId)) && get(resources, fn.logicalId) === fn.resource && get(fn.resource, 'Condition') === undefined);
  if (!isOwnMap(resources) || resources.flow || functions.length === 0 || functions.length > mostFunctions) return undefined;
  const added = monitoringResources(functions, condition?.name);
  if (added.some(([id]) => get(resources, id) ?? get(parameters, id))) return undefined;
  const guard = condition ? conditionEdits(template, condition) : [];
  if (!guard) return undefined;
  const alarms = alarmCount(functions);
  const cost = (alarms * prices.alarm + prices.dashboard).toFixed(2);
  return {
    title: `add ${alarms} alarms and a dashboard${condition ? `, in production alone (${condition.name})` : ''}: up to $${cost} a month`,
    safety: 'unsafe',
    edits: [...guard, ...added.map(([id, text]) => spliced(template, resources, id, `\n${text}`))],
  };
}

/** Adds the condition where the template lacks it; undefined where it cannot be added. */
function conditionEdits(template: TemplateFile, { name, text }: ProductionCondition): readonly Edit[] | undefined {
  if (text === undefined) return [];
  const { root } = template.document;
  const conditions = get(root, 'Conditions');
  if (conditions !== undefined) return isOwnMap(conditions) && !conditions.flow ? [spliced(template, conditions, name, text)] : undefined;
  const before = root.entries.find(({ key, merged }) => key.value === 'Resources' && merged !== true);
  return before && isOwnMap(root) && !root.flow ? [{ kind: 'splice', path: template.source.path, source: template.source, ...insertEntry(template.document, root, before, 'Conditions', `\n${name}: ${text}`) }] : undefined;
}

function spliced(template: TemplateFile, map: YamlMap, key: string, text: string): Edit {
  return { kind: 'splice', path: template.source.path, source: template.source, ...setEntry(template.document, map, key, text) };
}
