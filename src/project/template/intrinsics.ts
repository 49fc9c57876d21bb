import type { YamlNode } from '../../syntax/yaml.ts';
import { evaluateCondition } from './conditions.ts';
import { known, unresolved, type Evaluated, type Surroundings } from './evaluated.ts';
import { intrinsicOf, kindOf, listAt, member, nameOf, scalarAt, textOf } from './nodes.ts';
import { substitute } from './substitute.ts';

type Intrinsic = (argument: YamlNode, at: YamlNode, around: Surroundings) => Evaluated;

const noValue = 'AWS::NoValue';

/** Source: CloudFormation's intrinsic function reference; Length is AWS::LanguageExtensions'. */
const intrinsics: ReadonlyMap<string, Intrinsic> = new Map<string, Intrinsic>([
  ['Ref', refer],
  ['Fn::Sub', substitute],
  ['Fn::Join', join],
  ['Fn::Select', select],
  ['Fn::Split', split],
  ['Fn::If', choose],
  ['Fn::FindInMap', findInMap],
  ['Fn::Length', length],
  ['Fn::GetAtt', (argument) => unresolved(`${attributeName(argument)} is known once deployed`)],
  ['Fn::ImportValue', () => unresolved("another stack's export is known once deployed")],
  ['Fn::GetAZs', () => unresolved('the availability zones are known once deployed')],
  ['Fn::Transform', () => unresolved('a macro fills this in when it is deployed')],
]);

/** Evaluates an intrinsic function; undefined when the node is not one. */
export function evaluateIntrinsic(node: YamlNode, around: Surroundings): Evaluated | undefined {
  const entry = intrinsicOf(node);
  if (entry === undefined) return undefined;
  const name = nameOf(entry);
  const intrinsic = intrinsics.get(name);
  if (intrinsic) return intrinsic(entry.value, node, around);
  const asCondition = evaluateCondition(node, around);
  if (typeof asCondition === 'boolean') return known(scalarAt(node, asCondition));
  return unresolved(`${name} is not evaluated here`);
}

/** An argument evaluated and required to be a scalar. */
function scalarOf(node: YamlNode | undefined, around: Surroundings): { readonly text: string } | { readonly why: string } {
  const value = node && around.tree(node);
  if (!value) return { why: 'an argument is missing' };
  const why = around.whyUnresolved(value);
  if (why !== undefined) return { why };
  const text = textOf(value);
  return text === undefined ? { why: `an argument is ${kindOf(value)}, not a string` } : { text };
}

/** An argument evaluated and required to be a list. */
function itemsOf(node: YamlNode | undefined, around: Surroundings): { readonly items: readonly YamlNode[] } | { readonly why: string } {
  const value = node && around.tree(node);
  if (!value) return { why: 'an argument is missing' };
  const why = around.whyUnresolved(value);
  if (why !== undefined) return { why };
  return value.kind === 'list' ? { items: value.items } : { why: `an argument is ${kindOf(value)}, not a list` };
}

function refer(argument: YamlNode, at: YamlNode, around: Surroundings): Evaluated {
  const name = textOf(argument);
  if (name === undefined) return unresolved(`Ref needs a name, not ${kindOf(argument)}`);
  return name === noValue ? { kind: 'absent' } : around.refer(name, at);
}

function join(argument: YamlNode, at: YamlNode, around: Surroundings): Evaluated {
  if (argument.kind !== 'list') return unresolved('Fn::Join needs a list of a delimiter and values');
  const delimiter = scalarOf(argument.items[0], around);
  if ('why' in delimiter) return unresolved(delimiter.why);
  const list = itemsOf(argument.items[1], around);
  if ('why' in list) return unresolved(list.why);
  const parts: string[] = [];
  for (const item of list.items) {
    const part = scalarOf(item, around);
    if ('why' in part) return unresolved(part.why);
    parts.push(part.text);
  }
  return known(scalarAt(at, parts.join(delimiter.text)));
}

function select(argument: YamlNode, _at: YamlNode, around: Surroundings): Evaluated {
  if (argument.kind !== 'list') return unresolved('Fn::Select needs a list of an index and values');
  const index = scalarOf(argument.items[0], around);
  if ('why' in index) return unresolved(index.why);
  const list = itemsOf(argument.items[1], around);
  if ('why' in list) return unresolved(list.why);
  const chosen = /^\d+$/u.test(index.text) ? list.items[Number(index.text)] : undefined;
  if (!chosen) return unresolved(`Fn::Select asks for item ${index.text} of ${list.items.length}`);
  const why = around.whyUnresolved(chosen);
  return why === undefined ? known(chosen) : unresolved(why);
}

function split(argument: YamlNode, at: YamlNode, around: Surroundings): Evaluated {
  if (argument.kind !== 'list') return unresolved('Fn::Split needs a list of a delimiter and a string');
  const delimiter = scalarOf(argument.items[0], around);
  if ('why' in delimiter) return unresolved(delimiter.why);
  const text = scalarOf(argument.items[1], around);
  if ('why' in text) return unresolved(text.why);
  if (delimiter.text === '') return unresolved('Fn::Split has an empty delimiter');
  return known(listAt(at, text.text.split(delimiter.text).map((part) => scalarAt(at, part))));
}

function choose(argument: YamlNode, _at: YamlNode, around: Surroundings): Evaluated {
  if (argument.kind !== 'list' || argument.items.length !== 3) return unresolved('Fn::If needs a condition and two values');
  const [condition, yes, no] = argument.items;
  const name = textOf(condition);
  if (name === undefined || !yes || !no) return unresolved('Fn::If needs the name of a condition');
  const truth = around.condition(name);
  if (typeof truth !== 'boolean') return unresolved(truth.why);
  const value = around.tree(truth ? yes : no);
  if (!value) return { kind: 'absent' };
  const why = around.whyUnresolved(value);
  return why === undefined ? known(value) : unresolved(why);
}

function findInMap(argument: YamlNode, _at: YamlNode, around: Surroundings): Evaluated {
  if (argument.kind !== 'list') return unresolved('Fn::FindInMap needs a map name and two keys');
  const names: string[] = [];
  for (const item of argument.items.slice(0, 3)) {
    const name = scalarOf(item, around);
    if ('why' in name) return unresolved(name.why);
    names.push(name.text);
  }
  if (names.length !== 3) return unresolved('Fn::FindInMap needs a map name and two keys');
  const found = names.reduce<YamlNode | undefined>((at, name) => member(at, name), around.mappings);
  const value = found ?? member(argument.items[3], 'DefaultValue');
  if (!value) return unresolved(`Mappings has no ${names.join('.')}`);
  const evaluated = around.tree(value);
  return evaluated ? known(evaluated) : { kind: 'absent' };
}

function length(argument: YamlNode, at: YamlNode, around: Surroundings): Evaluated {
  const list = itemsOf(argument, around);
  return 'why' in list ? unresolved(list.why) : known(scalarAt(at, list.items.length));
}

function attributeName(argument: YamlNode): string {
  if (argument.kind === 'list') return argument.items.map((item) => textOf(item) ?? '…').join('.');
  return textOf(argument) ?? 'the attribute';
}
