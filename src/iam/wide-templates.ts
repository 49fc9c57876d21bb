import type { LambdaFunction, Model } from '../model/function.ts';
import { member, textOf } from '../project/template/nodes.ts';
import type { EvaluatedTemplate } from '../project/template/evaluate.ts';
import type { YamlNode } from '../syntax/yaml.ts';
import type { Need, Usage } from './need.ts';

/** A SAM policy template of a function that grants more than its code calls. */
export interface WideTemplate {
  readonly subject: LambdaFunction;
  /** `DynamoDBCrudPolicy` */
  readonly name: string;
  /** Its name in the template. */
  readonly key: YamlNode;
  /** Those that grant enough: one or two; none where nothing of it is called. */
  readonly enough: readonly string[];
  /** What is called of it. */
  readonly needs: readonly Need[];
}

interface Kind {
  readonly all: ReadonlySet<string>;
  readonly smaller: Readonly<Record<string, ReadonlySet<string>>>;
}

const kind = (service: string, read: string, write: string, more: string): Kind => {
  const set = (text: string): ReadonlySet<string> => new Set(text.split(' ').map((action) => `${service}:${action}`));
  const prefix = service === 's3' ? 'S3' : 'DynamoDB';
  return { all: set(`${read} ${write} ${more}`), smaller: { [`${prefix}ReadPolicy`]: set(read), [`${prefix}WritePolicy`]: set(write) } };
};

/** Source: SAM developer guide, "Policy template list". */
const kinds: Readonly<Record<string, Kind>> = {
  DynamoDBCrudPolicy: kind('dynamodb', 'GetItem Scan Query BatchGetItem DescribeTable', 'PutItem UpdateItem BatchWriteItem', 'DeleteItem ConditionCheckItem'),
  S3CrudPolicy: kind('s3', 'GetObject ListBucket GetBucketLocation GetObjectVersion GetLifecycleConfiguration', 'PutObject PutObjectAcl PutLifecycleConfiguration', 'DeleteObject'),
};

/** Templates for reading and writing, of functions that are seen to do one of both. Nothing where the code leaves it open. */
export function wideTemplatesIn({ template }: EvaluatedTemplate, model: Model, usageOf: (subject: LambdaFunction) => Usage): readonly WideTemplate[] {
  return model.functions.filter((one) => one.template === template && one.type === 'AWS::Serverless::Function' && !one.property('Role')).flatMap((subject) => {
    const policies = member(subject.properties, 'Policies');
    const items = policies?.kind === 'list' ? policies.items : policies ? [policies] : [];
    return items.flatMap((item) => (item.kind === 'map' && !item.alias ? item.entries : [])).flatMap(({ key, value }): readonly WideTemplate[] => {
      const name = String(key.value);
      const found = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
      if (!found || value.kind !== 'map' || value.entries.some((one) => textOf(one.value) === '*')) return [];
      const usage = usageOf(subject);
      const service = name.startsWith('S3') ? 's3' : 'dynamodb';
      if (usage.doubts.some(({ services }) => services.includes('*') || services.includes(service))) return [];
      const needs = usage.needs.filter(({ action }) => found.all.has(action));
      if (needs.length === 0) return [{ subject, name, key, enough: [], needs }];
      const smaller = Object.entries(found.smaller);
      const one = smaller.find(([, actions]) => needs.every(({ action }) => actions.has(action)))?.[0];
      const isOfBoth = needs.every(({ action }) => smaller.some(([, actions]) => actions.has(action)));
      return one !== undefined || isOfBoth ? [{ subject, name, key, enough: one === undefined ? smaller.map(([both]) => both) : [one], needs }] : [];
    });
  });
}

/** Functions with policies that SAM attaches to nothing, since they have a role of their own. Source: SAM specification, "Policies". */
export function idlePoliciesIn({ template }: EvaluatedTemplate, model: Model): readonly { readonly subject: LambdaFunction; readonly node: YamlNode }[] {
  return model.functions.filter((one) => one.template === template && one.type === 'AWS::Serverless::Function').flatMap((subject) => {
    const role = subject.property('Role');
    const node = member(subject.properties, 'Policies');
    // With a condition the role may be none.
    return role && node && !member(role, 'Fn::If') && !member(role, 'Ref') ? [{ subject, node }] : [];
  });
}
