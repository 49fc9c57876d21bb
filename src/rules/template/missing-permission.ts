import type { Need } from '../../iam/need.ts';
import { ungrantedNeeds } from '../../iam/ungranted.ts';
import { defineRule, evidence, type RuleDefinition } from '../rule.ts';
import { nameList } from '../name-list.ts';
import { evaluatedOf } from '../template-use.ts';

/** Calls of AWS by functions that are allowed none. */
export const missingPermission: RuleDefinition<'template'> = defineRule({
  id: 'template/missing-permission',
  subject: 'template',
  title: 'Calls that no policy allows',
  severity: 'warning',
  since: '0.2.0',
  status: 'preview',
  safety: 'manual',
  *check(template, { project, model }) {
    const evaluated = evaluatedOf(template, model);
    if (!evaluated) return;
    for (const subject of model.functions.filter((one) => one.template === template)) {
      const needs = ungrantedNeeds(subject, evaluated, project, model);
      if (needs.length === 0) continue;
      const calls = [...new Set(needs.map(({ action, call }) => `${call} of ${action.split(':')[0] ?? ''}`))];
      yield {
        message: `${subject.logicalId} calls ${nameList(calls, { most: 4, shown: 3 })}, and the template allows its role none of it: such a call is refused unless something outside the template allows it`,
        at: { file: template.source, span: subject.span },
        evidence: needs.slice(0, 5).map(({ at, call, action }) => evidence(at.file, at.span, `${call} needs ${action}`)),
        advice: adviceFor(needs),
      };
    }
  },
});

/** The template that grants what is called of the service that is called most. Source: SAM developer guide, "Policy template list". */
function adviceFor(needs: readonly Need[]): string {
  const services = new Set(needs.map(({ action }) => action.split(':')[0] ?? ''));
  const templates = [...services].flatMap((service) => (Object.hasOwn(policyTemplates, service) ? [policyTemplates[service] ?? ''] : []));
  return `give it Policies for what it calls, on the resources that it uses${templates.length > 0 ? `, such as ${nameList(templates)}` : ''}`;
}

const policyTemplates: Readonly<Record<string, string>> = {
  dynamodb: 'DynamoDBCrudPolicy (or DynamoDBReadPolicy, DynamoDBWritePolicy) with TableName',
  s3: 'S3WritePolicy (or S3CrudPolicy) with BucketName',
  sqs: 'SQSSendMessagePolicy with QueueName',
  sns: 'SNSPublishMessagePolicy with TopicName',
  lambda: 'LambdaInvokePolicy with FunctionName',
  states: 'StepFunctionsExecutionPolicy with StateMachineName',
  secretsmanager: 'AWSSecretsManagerGetSecretValuePolicy with SecretArn',
  ssm: 'SSMParameterReadPolicy with ParameterName',
};
