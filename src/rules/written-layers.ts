import type { TemplateFile } from '../project/project.ts';
import { get, stringOf, type YamlNode } from '../syntax/yaml.ts';
import type { RuleContext } from './rule.ts';
import { evaluatedOf, isLiteral } from './template-use.ts';

/** A Lambda layer whose content is written as a path. */
export interface WrittenLayer {
  readonly logicalId: string;
  readonly template: TemplateFile;
  readonly content: YamlNode;
  /** As written, below the template's folder. */
  readonly text: string;
  readonly buildMethod: string | undefined;
}

/** The layers of a template that sam takes from a local path. */
export function existingLayers(template: TemplateFile, { model }: RuleContext): readonly WrittenLayer[] {
  return (evaluatedOf(template, model)?.resources ?? []).flatMap(({ logicalId, type, ownProperties, node }): readonly WrittenLayer[] => {
    const content = type === 'AWS::Serverless::LayerVersion' ? get(ownProperties, 'ContentUri') : undefined;
    const text = stringOf(content);
    if (!content || text === undefined || !isLiteral(template, content) || /^(?:s3|https?):/u.test(text)) return [];
    return [{ logicalId, template, content, text, buildMethod: stringOf(get(node, 'Metadata', 'BuildMethod')) }];
  });
}
