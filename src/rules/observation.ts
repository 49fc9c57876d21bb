import type { LambdaFunction } from '../model/function.ts';
import type { EvaluatedTemplate } from '../project/template/evaluate.ts';
import { get, type YamlNode } from '../syntax/yaml.ts';
import { textIn } from './template-use.ts';

/** What a function leaves behind for those who look after it. */
export interface Observation {
  readonly fn: LambdaFunction;
  /** The template names no log group for it, so that Lambda makes one that keeps everything for ever. */
  readonly isKeptForever: boolean;
  /** Neither JSON nor text was chosen, so that it is text. */
  readonly isText: boolean;
  readonly isUntraced: boolean;
}

/** How a template's functions can be observed. What only a deployment can tell counts as there. */
export function observationsOf(functions: readonly LambdaFunction[], template: EvaluatedTemplate): readonly Observation[] {
  const groups = template.resources.filter(({ type }) => type === 'AWS::Logs::LogGroup');
  return functions.map((fn) => {
    const logging = fn.property('LoggingConfig');
    const isOpen = logging !== undefined && template.whyUnresolved(logging) !== undefined;
    const name = textIn(template, fn.property('FunctionName'));
    const isNamed = groups.some(({ properties }) => {
      const node = get(properties, 'LogGroupName');
      return node !== undefined && mentions(template, node, fn.logicalId, name);
    });
    return {
      fn,
      isKeptForever: !isOpen && get(logging, 'LogGroup') === undefined && !isNamed,
      isText: !isOpen && get(logging, 'LogFormat') === undefined,
      isUntraced: fn.property('Tracing') === undefined && fn.property('TracingConfig') === undefined,
    };
  });
}

/** A log group's name that holds the function's logical ID or name, or that cannot be told apart from such a one. */
function mentions(template: EvaluatedTemplate, node: YamlNode, logicalId: string, name: string | undefined): boolean {
  const { text } = template.template.source;
  const written = text.slice(node.span.start, node.span.end);
  const known = textIn(template, node);
  if (known !== undefined && name !== undefined) return known.endsWith(`/${name}`) || known === name;
  return new RegExp(`\\b${logicalId}\\b`, 'u').test(written) || (known !== undefined && known.endsWith(`/${logicalId}`));
}
