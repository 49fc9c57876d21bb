import type { LambdaFunction } from './function.ts';

/**
 * A function that `sam build` is for: an image, a source folder, or a folder that something else makes first (`dist` of a compiler) and that is not there now.
 */
export function hasCodeToBuild({ type, package: code }: LambdaFunction): boolean {
  return code.kind === 'zip' || code.kind === 'image' || (type === 'AWS::Serverless::Function' && code.kind === 'unbuildable' && code.missingFolder !== undefined);
}
