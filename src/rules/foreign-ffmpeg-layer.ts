import { mentionsFfmpeg } from '../model/ffmpeg-way.ts';
import type { LambdaFunction, LayerReference } from '../model/function.ts';
import { get, stringOf, type YamlNode } from '../syntax/yaml.ts';

/** A Lambda layer with ffmpeg that is none of the project's own. */
export interface ForeignFfmpegLayer {
  readonly kind: 'application' | 'arn';
  /** The application's logical ID, or the ARN as the template has it. */
  readonly name: string;
  /** Its entry in the function's own Layers; undefined where it stands elsewhere (Globals, a list from a parameter). */
  readonly item: YamlNode | undefined;
  /** Why a layer with ffmpeg alone may not stand in for it. */
  readonly doubt: string | undefined;
  /** The parameter that has the ARN, where the entry is `!Ref Parameter`. */
  readonly parameter?: string;
}

/** The Lambda layer of somebody else from which a function takes ffmpeg: a published application's, or one that is named by its ARN. */
export function foreignFfmpegLayer(subject: LambdaFunction): ForeignFfmpegLayer | undefined {
  const layers = get(subject.resource, 'Properties', 'Layers');
  const items = layers?.kind === 'list' && !layers.alias ? layers.items : [];
  // Globals' layers come before a function's own.
  const before = subject.layers.length - items.length;
  for (const [at, item] of items.entries()) {
    const found = applicationOf(subject, item) ?? arnOf(item) ?? parameterOf(subject, item, subject.layers[before + at]);
    if (found) return found;
  }
  const elsewhere = subject.layers.find((one) => one.kind === 'arn' && isLayerArn(one.arn));
  return elsewhere?.kind === 'arn' ? { kind: 'arn', name: elsewhere.arn, item: undefined, doubt: 'it is not named by the Layers of the function itself' } : undefined;
}

/** `!GetAtt App.Outputs.LayerVersion`, where App is a published application with ffmpeg. */
function applicationOf({ template }: LambdaFunction, item: YamlNode): ForeignFfmpegLayer | undefined {
  const attribute = get(item, 'Fn::GetAtt');
  const [name = '', ...path] = attribute?.kind === 'list' ? attribute.items.map((one) => stringOf(one) ?? '') : (stringOf(attribute) ?? '').split('.');
  const application = get(template.document.root, 'Resources', name);
  const id = stringOf(get(application, 'Properties', 'Location', 'ApplicationId')) ?? '';
  const isOne = path.join('.').startsWith('Outputs.') && stringOf(get(application, 'Type')) === 'AWS::Serverless::Application' && mentionsFfmpeg(id);
  return isOne ? { kind: 'application', name, item, doubt: undefined } : undefined;
}

/** `!Ref Parameter`, where the parameter has such an ARN. */
function parameterOf({ template }: LambdaFunction, item: YamlNode, reference: LayerReference | undefined): ForeignFfmpegLayer | undefined {
  const parameter = stringOf(get(item, 'Ref'));
  if (parameter === undefined || reference?.kind !== 'arn' || !get(template.document.root, 'Parameters', parameter)) return undefined;
  const found = ofArn(reference.arn, item);
  return found && { ...found, parameter };
}

/** A literal ARN, or one with nothing but the region and the like left open. */
function arnOf(item: YamlNode): ForeignFfmpegLayer | undefined {
  const name = stringOf(item) ?? stringOf(get(item, 'Fn::Sub'));
  return name === undefined ? undefined : ofArn(name, item);
}

function ofArn(name: string, item: YamlNode): ForeignFfmpegLayer | undefined {
  if (!isLayerArn(name)) return undefined;
  const others = (name.split(':').at(-2) ?? '').toLowerCase().split(/[-_]/u).filter((word) => !aboutFfmpeg.test(word));
  return { kind: 'arn', name, item, doubt: others.length > 0 ? `its name tells of more than ffmpeg (${others.join(', ')})` : undefined };
}

/** Words in the name of a layer that has nothing else. */
const aboutFfmpeg = /^(?:ffmpeg|ffprobe|ff|layer|lambda|aws|static|git|release|lgpl|gpl|bin|binary|binaries|build|linux|amd64|arm64|aarch64|x86|64|x64|al2|al2023|v?[\d.]+|prod|dev|stage|staging|test|)$/u;

/** `arn:aws:lambda:us-east-1:123456789012:layer:ffmpeg:4`. */
function isLayerArn(text: string): boolean {
  const layer = /^arn:[^:]+:lambda:(?:[^:]|\$\{AWS::\w+\})+:(?:[^:]|\$\{AWS::\w+\})+:layer:([\w-]+):\d+$/u.exec(text.trim())?.[1];
  return layer !== undefined && mentionsFfmpeg(layer);
}
