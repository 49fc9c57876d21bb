import { placeAt } from '../../base/source.ts';
import type { YamlMap, YamlNode, YamlScalar } from '../../syntax/yaml.ts';
import type { Remark, TemplateFile } from '../project.ts';
import type { GivenValue } from './evaluated.ts';
import { createEvaluator, transformsOf, type Evaluator, type TemplateInputs } from './evaluator.ts';
import { globalsFor, mergeGlobals, originOf, refusedGlobals } from './globals.ts';
import { kindOf, member, membersOf, nameOf, textOf } from './nodes.ts';

/** One resource that a template makes, loops written out and false conditions left out. */
export interface EvaluatedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly key: YamlScalar;
  /** The resource's map as written (inside a loop: with the loop's names replaced). */
  readonly node: YamlMap;
  /** The Properties map as written. */
  readonly ownProperties: YamlMap | undefined;
  /** Globals merged and evaluated; functions that only a deployment can tell stay as they are. */
  readonly properties: YamlMap | undefined;
  /** Evaluated. */
  readonly metadata: YamlMap | undefined;
  /** Where a property comes from, by the names that lead to it. */
  readonly originOf: (...path: string[]) => 'resource' | 'globals' | undefined;
}

/** A template with its values known as far as they can be without deploying. */
export interface EvaluatedTemplate {
  readonly template: TemplateFile;
  readonly resources: readonly EvaluatedResource[];
  readonly remarks: readonly Remark[];
  /** What the outside gives to the parameters. */
  readonly given: ReadonlyMap<string, GivenValue>;
  /** The evaluated value of an output. */
  readonly output: (name: string) => YamlNode | undefined;
  /** Why a node is still an unevaluated function; undefined when it is a plain value. */
  readonly whyUnresolved: (node: YamlNode) => string | undefined;
}

const latest = new WeakMap<TemplateFile, { readonly inputs: TemplateInputs; readonly evaluated: EvaluatedTemplate }>();

/**
 * Evaluates a template. Never throws: odd shapes become remarks. Opening a project and finding out what it means ask for the
 * same, so the latest answer for a template is kept.
 */
export function evaluateTemplate(inputs: TemplateInputs): EvaluatedTemplate {
  const before = latest.get(inputs.template);
  if (before && areSameInputs(before.inputs, inputs)) return before.evaluated;
  const evaluated = evaluate(inputs);
  latest.set(inputs.template, { inputs, evaluated });
  return evaluated;
}

function areSameInputs(a: TemplateInputs, b: TemplateInputs): boolean {
  if (a.region !== b.region || a.stackName !== b.stackName || a.parameters.size !== b.parameters.size) return false;
  return [...a.parameters].every(([name, value]) => {
    const other = b.parameters.get(name);
    if (value.kind === 'text') return other?.kind === 'text' && other.text === value.text;
    return other !== undefined && other.kind !== 'text' && other.kind === value.kind && other.node === value.node;
  });
}

function evaluate(inputs: TemplateInputs): EvaluatedTemplate {
  const evaluator = createEvaluator(inputs);
  const { document } = inputs.template;
  noteDuplicates(inputs.template, evaluator);
  const globals = member(document.root, 'Globals');
  for (const entry of refusedGlobals(member(globals, 'Function'))) {
    evaluator.remark(`${nameOf(entry)} cannot stand in Globals: SAM refuses the template when it is deployed`, entry.key);
  }
  const resources = evaluator.section('Resources');
  if (!member(document.root, 'Resources')) evaluator.remark('the template has no Resources', document.root);
  noteUndeclaredLoops(evaluator, document.root);
  return {
    template: inputs.template,
    resources: membersOf(resources).flatMap((entry) => evaluateResource(entry.key, entry.value, globals, evaluator)),
    remarks: evaluator.remarks,
    given: inputs.parameters,
    output: (name) => {
      const value = member(member(evaluator.section('Outputs'), name), 'Value');
      return value && evaluator.tree(value);
    },
    whyUnresolved: evaluator.whyUnresolved,
  };
}

function evaluateResource(key: YamlScalar, node: YamlNode, globals: YamlNode | undefined, evaluator: Evaluator): readonly EvaluatedResource[] {
  const logicalId = String(key.value);
  if (logicalId.startsWith('Fn::')) return [];
  if (node.kind !== 'map') {
    evaluator.remark(`the resource ${logicalId} is ${kindOf(node)}, not a map; it is left out`, key);
    return [];
  }
  const type = textOf(member(node, 'Type'));
  if (type === undefined) {
    evaluator.remark(`the resource ${logicalId} has no Type; it is left out`, key);
    return [];
  }
  const condition = textOf(member(node, 'Condition'));
  if (condition !== undefined && evaluator.condition(condition) === false) return [];
  const own = member(node, 'Properties');
  if (own && own.kind !== 'map' && !(own.kind === 'scalar' && own.value === null)) evaluator.remark(`Properties of ${logicalId} is ${kindOf(own)}, not a map`, own);
  const section = globalsFor(globals, type);
  const merged = mergeGlobals(section, node);
  return [{
    logicalId, type, key, node,
    ownProperties: own?.kind === 'map' ? own : undefined,
    properties: evaluatedMap(merged, evaluator),
    metadata: evaluatedMap(member(node, 'Metadata'), evaluator),
    originOf: (...path) => originOf(section, node, path),
  }];
}

function evaluatedMap(node: YamlNode | undefined, evaluator: Evaluator): YamlMap | undefined {
  const value = node && evaluator.tree(node);
  return value?.kind === 'map' ? value : undefined;
}

function noteDuplicates(template: TemplateFile, evaluator: Evaluator): void {
  for (const { first, second } of template.document.duplicates) {
    const { line } = placeAt(template.source, first.span.start);
    evaluator.remark(`the key ${String(second.value)} stands twice in one map; this one silently wins over line ${line}`, second);
  }
}

function noteUndeclaredLoops(evaluator: Evaluator, root: YamlMap): void {
  const loop = membersOf(member(root, 'Resources')).find((entry) => nameOf(entry).startsWith('Fn::ForEach::'));
  if (loop && !transformsOf(root).includes('AWS::LanguageExtensions')) {
    evaluator.remark('Fn::ForEach needs AWS::LanguageExtensions in Transform: CloudFormation refuses the template without it', loop.key);
  }
}

/** What a nested stack's parameters come to, from the evaluated Properties of its resource in the parent. */
export function nestedParameters(parent: EvaluatedTemplate, logicalId: string): ReadonlyMap<string, GivenValue> {
  const resource = parent.resources.find((candidate) => candidate.logicalId === logicalId);
  const entries = membersOf(member(resource?.properties, 'Parameters')).map((entry): readonly [string, GivenValue] => {
    const why = parent.whyUnresolved(entry.value);
    return [nameOf(entry), why === undefined ? { kind: 'node', node: entry.value } : { kind: 'unresolved', why, node: entry.value }];
  });
  return new Map(entries);
}
