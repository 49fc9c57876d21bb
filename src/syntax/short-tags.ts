import type { Span } from '../base/source.ts';
import type { YamlMap, YamlNode, YamlScalar } from './yaml.ts';

/** `!Ref X` as `{Ref: X}`, `!GetAtt A.B` as `{Fn::GetAtt: [A, B]}`. Source: CloudFormation user guide, "Intrinsic function reference". */
export function spellOut(value: YamlNode, tag: string, at: Span): YamlMap {
  const name = tag === '!Ref' || tag === '!Condition' ? tag.slice(1) : `Fn::${tag.slice(1)}`;
  const argument = tag === '!GetAtt' && value.kind === 'scalar' && typeof value.value === 'string' ? attributeParts(value, value.value) : value;
  const key: YamlScalar = { kind: 'scalar', value: name, text: tag, span: at };
  const span = { start: at.start, end: Math.max(at.end, writtenEnd(argument)) };
  return { kind: 'map', entries: [{ key, value: argument, span }], flow: true, span, tag };
}

/** Where what is written of a node in its parent ends: the alias for a node that an alias led to. */
export function writtenEnd(node: YamlNode): number {
  return (node.alias ?? node.span).end;
}

function attributeParts(value: YamlScalar, text: string): YamlNode {
  const dot = text.indexOf('.');
  if (dot < 0) return value;
  // Within quotes or over lines the parts' own ranges may not be plain offsets: then both take the whole range.
  const at = value.text.indexOf(text);
  const part = (from: number, to: number): YamlScalar => ({
    kind: 'scalar', value: text.slice(from, to), text: text.slice(from, to),
    span: at < 0 ? value.span : { start: value.span.start + at + from, end: value.span.start + at + to },
  });
  return { kind: 'list', items: [part(0, dot), part(dot + 1, text.length)], flow: true, span: value.span };
}
