import { placeAt } from '../../base/source.ts';
import { entryOf, type YamlEntry, type YamlMap, type YamlNode } from '../../syntax/yaml.ts';
import type { Remark, TemplateFile } from '../project.ts';
import { evaluateCondition } from './conditions.ts';
import { known, unresolved, type Evaluated, type GivenValue, type Surroundings, type Truth } from './evaluated.ts';
import { evaluateIntrinsic } from './intrinsics.ts';
import { expandLoops } from './loops.ts';
import { listAt, mapAt, member, scalarAt, textOf } from './nodes.ts';
import { parameterValue } from './parameters.ts';

/** What the outside gives to a template. */
export interface TemplateInputs {
  readonly template: TemplateFile;
  /** By parameter name; wins over the defaults. */
  readonly parameters: ReadonlyMap<string, GivenValue>;
  /** AWS::Region, where samconfig tells. */
  readonly region: string | undefined;
  /** AWS::StackName, where samconfig tells. */
  readonly stackName: string | undefined;
}

/** Evaluates the expressions of one template. */
export interface Evaluator extends Surroundings {
  readonly remarks: readonly Remark[];
  readonly remark: (text: string, node: YamlNode) => void;
  /** A section's map (`Resources`, `Conditions`, …) with its loops written out. */
  readonly section: (name: string) => YamlMap | undefined;
}

const pseudoParameters = new Set(['AWS::AccountId', 'AWS::NotificationARNs', 'AWS::Partition', 'AWS::Region', 'AWS::StackId', 'AWS::StackName', 'AWS::URLSuffix']);

/** An evaluator for a template with its inputs. Never throws; odd shapes become remarks or stay unresolved. */
export function createEvaluator(inputs: TemplateInputs): Evaluator {
  const { source, document } = inputs.template;
  const remarks: Remark[] = [];
  const reasons = new Map<YamlNode, string>();
  const memo = new Map<YamlNode, YamlNode | undefined>();
  const inProgress = new Set<YamlNode>();
  const truths = new Map<string, Truth>();
  const sections = new Map<string, YamlMap | undefined>();

  function remark(text: string, node: YamlNode): void {
    remarks.push({ text, file: source, place: placeAt(source, (node.alias ?? node.span).start) });
  }

  function tree(node: YamlNode): YamlNode | undefined {
    if (memo.has(node)) return memo.get(node);
    if (inProgress.has(node)) return node;
    inProgress.add(node);
    const value = evaluateTree(node);
    inProgress.delete(node);
    memo.set(node, value);
    // The result is a fixed point: an argument that was evaluated on the way may be evaluated again.
    if (value && value !== node && !memo.has(value)) memo.set(value, value);
    return value;
  }

  function evaluateTree(node: YamlNode): YamlNode | undefined {
    const evaluated = evaluateIntrinsic(node, evaluator);
    if (evaluated?.kind === 'known') return evaluated.node;
    if (evaluated?.kind === 'absent') return undefined;
    if (evaluated) {
      reasons.set(node, evaluated.why);
      return node;
    }
    if (node.kind === 'list') return evaluateList(node);
    if (node.kind === 'map') return evaluateMap(node);
    return node;
  }

  function evaluateList(node: YamlNode & { kind: 'list' }): YamlNode {
    const items = node.items.flatMap((item) => tree(item) ?? []);
    return isSame(items, node.items) ? node : { ...listAt(node, items), flow: node.flow };
  }

  function evaluateMap(node: YamlMap): YamlNode {
    const entries = expandLoops(node, evaluator).flatMap((entry): readonly YamlEntry[] => {
      const value = tree(entry.value);
      if (!value) return [];
      return [value === entry.value ? entry : { ...entry, value }];
    });
    return isSame(entries, node.entries) ? node : mapAt(node, entries);
  }

  function section(name: string): YamlMap | undefined {
    if (sections.has(name)) return sections.get(name);
    sections.set(name, undefined);
    const node = member(document.root, name);
    const map = node?.kind === 'map' ? mapAt(node, expandLoops(node, evaluator)) : undefined;
    if (node && !map && !isEmpty(node)) remark(`${name} is not a map; it is left out`, node);
    sections.set(name, map);
    return map;
  }

  function condition(name: string): Truth {
    const settled = truths.get(name);
    if (settled !== undefined) return settled;
    truths.set(name, { why: `the condition ${name} refers to itself` });
    const node = member(section('Conditions'), name);
    const truth: Truth = node ? evaluateCondition(node, evaluator) : { why: `Conditions has no ${name}` };
    truths.set(name, truth);
    return truth;
  }

  function refer(name: string, at: YamlNode): Evaluated {
    const declaration = member(section('Parameters'), name);
    if (declaration) return parameterValue(name, declaration, inputs.parameters.get(name), at);
    if (name === 'AWS::Region' && inputs.region !== undefined) return known(scalarAt(at, inputs.region));
    if (name === 'AWS::StackName' && inputs.stackName !== undefined) return known(scalarAt(at, inputs.stackName));
    // CloudFormation refuses a reference to an undeclared parameter when deploying; sam's build takes the given value.
    const given = inputs.parameters.get(name);
    if (given?.kind === 'text') return known(scalarAt(at, given.text));
    if (pseudoParameters.has(name)) return unresolved(`${name} is known once deployed`);
    if (entryOf(member(document.root, 'Resources'), name)) return unresolved(`what ${name} is called is known once deployed`);
    return unresolved(`the template has no parameter or resource ${name}`);
  }

  const evaluator: Evaluator = {
    source, tree, refer, condition, section, remark, remarks,
    whyUnresolved: (node) => reasons.get(node),
    get mappings() {
      return section('Mappings');
    },
  };
  return evaluator;
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** `Resources:` with nothing after it. */
function isEmpty(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** The names of the transforms that a template asks for. */
export function transformsOf(root: YamlMap): readonly string[] {
  const node = member(root, 'Transform');
  const items = node?.kind === 'list' ? node.items : node ? [node] : [];
  return items.flatMap((item) => textOf(item) ?? textOf(member(item, 'Name')) ?? []);
}
