import type { YamlNode } from '../../syntax/yaml.ts';
import { known, unresolved, type Evaluated, type GivenValue } from './evaluated.ts';
import { kindOf, listAt, member, scalarAt, textOf } from './nodes.ts';

/** What a `Ref` to a declared parameter comes to: the given value, else the default; the result stands where the Ref stands. */
export function parameterValue(
  name: string,
  declaration: YamlNode,
  given: GivenValue | undefined,
  at: YamlNode,
): Evaluated {
  const type = textOf(member(declaration, 'Type')) ?? 'String';
  if (type.startsWith('AWS::SSM::Parameter::')) {
    return unresolved(`the parameter ${name} is read from the Parameter Store when it is deployed`);
  }
  if (given?.kind === 'unresolved') return unresolved(given.why);
  if (given?.kind === 'node' && given.node.kind === 'list') return known(listAt(at, given.node.items));
  const fallback = member(declaration, 'Default');
  const text = given === undefined ? textOf(fallback) : given.kind === 'text' ? given.text : textOf(given.node);
  if (text === undefined) {
    const why = fallback && given === undefined ? `has ${kindOf(fallback)} as its default` : 'has no default and no value is given';
    return unresolved(`the parameter ${name} ${why}`);
  }
  if (type === 'CommaDelimitedList' || type.startsWith('List<')) {
    const parts = text === '' ? [] : text.split(',').map((part) => scalarAt(at, part.trim()));
    return known(listAt(at, parts));
  }
  return known(scalarAt(at, text));
}
