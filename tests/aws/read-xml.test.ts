import { describe, expect, it } from 'vitest';
import { elementAt, membersAt, readXml, textAt } from '../../src/aws/read-xml.ts';

describe('an answer in XML', () => {
  it('gives elements, text and lists', () => {
    const root = readXml('<?xml version="1.0"?>\n<A xmlns="urn:x"><!-- no --><B at="1">a &lt;b&gt; &amp; &#65;&#x42;</B><C><member><D>1</D></member><member><D>2</D></member></C><E/><F><![CDATA[<x>&amp;]]></F></A>');
    expect(textAt(root, 'A', 'B')).toBe('a <b> & AB');
    expect(membersAt(root, 'A', 'C').map((one) => textAt(one, 'D'))).toEqual(['1', '2']);
    expect(elementAt(root, 'A', 'E')).toEqual({ text: '', children: [] });
    expect(textAt(root, 'A', 'F')).toBe('<x>&amp;');
    expect(elementAt(root, 'A', 'Z', 'Y')).toBeUndefined();
  });

  it('that is cut off or none at all gives what is there', () => {
    expect(readXml('<A><B>x').children).toEqual([]);
    expect(readXml('</A>').children).toEqual([]);
    expect(readXml('')).toEqual({ text: '', children: [] });
  });
});
