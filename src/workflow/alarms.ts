import type { LambdaFunction } from '../model/function.ts';

/** What CloudWatch asks a month for an alarm and for a dashboard (its pricing page, us-east-1), dollars. */
export const prices = { alarm: 0.1, dashboard: 3 } as const;

/** Resources to be added to a template: logical IDs with YAML at column 0. */
export type NewResources = readonly (readonly [logicalId: string, text: string])[];

interface Alarm {
  readonly name: string;
  readonly description: string;
  readonly metric: string;
  readonly statistic: string;
  readonly threshold: number;
}

/** Share of the timeout (percent) at which a function is near to being stopped. */
const nearTimeout = 80;

/**
 * Alarms on errors, throttles and, where the timeout is known, duration of functions; a topic that they tell; a dashboard of all.
 * @param condition of the template, under which alone they are made.
 */
export function monitoringResources(functions: readonly LambdaFunction[], condition: string | undefined): NewResources {
  const guard = condition === undefined ? [] : [`Condition: ${condition}`];
  return [
    ['AlarmTopic', ['Type: AWS::SNS::Topic', ...guard].join('\n')],
    ...functions.flatMap((fn) => alarmsOf(fn).map((alarm) => [`${fn.logicalId}${alarm.name}Alarm`, alarmText(fn, alarm, guard)] as const)),
    ['FunctionsDashboard', dashboardText(functions, guard)],
  ];
}

/** How many alarms functions get. */
export function alarmCount(functions: readonly LambdaFunction[]): number {
  return functions.reduce((sum, fn) => sum + alarmsOf(fn).length, 0);
}

function alarmsOf({ logicalId, timeout }: LambdaFunction): readonly Alarm[] {
  const near = timeout.kind === 'known' ? Math.round(timeout.value * 10 * nearTimeout) : undefined;
  return [
    { name: 'Errors', description: `${logicalId} failed`, metric: 'Errors', statistic: 'Statistic: Sum', threshold: 1 },
    { name: 'Throttles', description: `${logicalId} was throttled`, metric: 'Throttles', statistic: 'Statistic: Sum', threshold: 1 },
    ...(near === undefined || timeout.kind !== 'known' ? [] : [{ name: 'Duration', description: `${logicalId} takes over ${nearTimeout} % of its ${timeout.value} s`, metric: 'Duration', statistic: 'ExtendedStatistic: p99', threshold: near }]),
  ];
}

function alarmText({ logicalId }: LambdaFunction, alarm: Alarm, guard: readonly string[]): string {
  return [
    'Type: AWS::CloudWatch::Alarm', ...guard, 'Properties:',
    `  AlarmDescription: ${alarm.description}`,
    '  Namespace: AWS/Lambda', `  MetricName: ${alarm.metric}`,
    '  Dimensions:', '    - Name: FunctionName', `      Value: !Ref ${logicalId}`,
    `  ${alarm.statistic}`, '  Period: 300', '  EvaluationPeriods: 1', `  Threshold: ${alarm.threshold}`,
    '  ComparisonOperator: GreaterThanOrEqualToThreshold', '  TreatMissingData: notBreaching',
    '  AlarmActions:', '    - !Ref AlarmTopic',
  ].join('\n');
}

function dashboardText(functions: readonly LambdaFunction[], guard: readonly string[]): string {
  const widgets = [
    widget('Invocations', 'Sum', functions, 0), widget('Errors', 'Sum', functions, 1), widget('Duration', 'p99', functions, 2), widget('Throttles', 'Sum', functions, 3),
  ];
  const body = ['{', '  "widgets": [', widgets.map((lines) => lines.map((line) => `    ${line}`).join('\n')).join(',\n'), '  ]', '}'].join('\n');
  return ['Type: AWS::CloudWatch::Dashboard', ...guard, 'Properties:', '  DashboardBody: !Sub |', ...body.split('\n').map((line) => `    ${line}`)].join('\n');
}

function widget(metric: string, stat: string, functions: readonly LambdaFunction[], index: number): readonly string[] {
  const metrics = functions.map(({ logicalId }) => `      ["AWS/Lambda", "${metric}", "FunctionName", "\${${logicalId}}"]`).join(',\n').split('\n');
  return [
    `{ "type": "metric", "x": ${(index % 2) * 12}, "y": ${Math.floor(index / 2) * 6}, "width": 12, "height": 6,`,
    `  "properties": { "title": "${metric}${stat === 'p99' ? ' (p99)' : ''}", "region": "\${AWS::Region}", "stat": "${stat}", "period": 300,`,
    '    "metrics": [', ...metrics, '    ] } }',
  ];
}
