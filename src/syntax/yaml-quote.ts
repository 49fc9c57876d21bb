import { plainValue } from './yaml-scalar.ts';
import type { YamlDocument } from './yaml.ts';

/** Text written so that a template reads back exactly this string: plain where that is safe, else in double quotes; always quoted in JSON. */
export function quoteYaml(document: YamlDocument, text: string): string {
  if (isJson(document)) return JSON.stringify(text);
  const isPlain =
    /^[A-Za-z0-9_./$*-](?:[A-Za-z0-9_./$ +=@()*:#-]*[A-Za-z0-9_./$+=@()*-])?$/u.test(text) &&
    !/^(?:[-*?](?:\s|$)|---|\*|\.\.\.)|:\s|\s#|<</u.test(text) &&
    plainValue(text) === text && !/^[yn]$/iu.test(text) && !/^[-+.]?\d[\d_.]*(?:[eE][-+]?\d+)?$|^0o/u.test(text) &&
    // A date is text to CloudFormation, but not to every reader.
    !/^\d{4}-\d{1,2}-\d{1,2}/u.test(text);
  return isPlain ? text : JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Whether a document is JSON, so that what is written into it must be too. */
export function isJson(document: YamlDocument): boolean {
  return /\.json$/iu.test(document.source.path) || (document.root.flow && document.source.text.replace(/^\uFEFF/u, '').trimStart().startsWith('{'));
}
