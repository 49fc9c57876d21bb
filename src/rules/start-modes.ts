import { referencedId } from '../model/event-sources.ts';
import type { LambdaFunction } from '../model/function.ts';
import type { EvaluatedTemplate } from '../project/template/evaluate.ts';
import { get } from '../syntax/yaml.ts';
import { textIn } from './template-use.ts';

/** How a function is set to start. */
export interface StartMode {
  readonly fn: LambdaFunction;
  /** Undefined where it cannot be told. */
  readonly hasSnapStart: boolean | undefined;
  /** Of the function itself, or of an alias that names it. */
  readonly hasProvisioned: boolean;
  /** Versions are published: by AutoPublishAlias, or by a version resource. */
  readonly isPublished: boolean;
}

/** The start modes of a template's functions. */
export function startModesOf(functions: readonly LambdaFunction[], template: EvaluatedTemplate): readonly StartMode[] {
  const naming = (type: string, fn: LambdaFunction): boolean =>
    template.resources.some(({ type: other, properties }) => other === type && referencedId(get(properties, 'FunctionName')) === fn.logicalId);
  return functions.map((fn): StartMode => {
    const snapStart = fn.property('SnapStart');
    const applyOn = get(snapStart, 'ApplyOn');
    const isKnown = (snapStart === undefined || template.whyUnresolved(snapStart) === undefined) && (applyOn === undefined || textIn(template, applyOn) !== undefined);
    const provisioned = fn.property('ProvisionedConcurrencyConfig');
    const aliases = template.resources.filter(({ type, properties }) => type === 'AWS::Lambda::Alias' && referencedId(get(properties, 'FunctionName')) === fn.logicalId);
    return {
      fn,
      hasSnapStart: isKnown ? textIn(template, applyOn) === 'PublishedVersions' : undefined,
      hasProvisioned: (provisioned !== undefined && template.whyUnresolved(provisioned) === undefined) || aliases.some(({ properties }) => get(properties, 'ProvisionedConcurrencyConfig') !== undefined),
      isPublished: fn.property('AutoPublishAlias') !== undefined || fn.property('PublishToLatestPublished') !== undefined || naming('AWS::Lambda::Version', fn),
    };
  });
}

/** Why SnapStart cannot be had together with the rest of a function; empty where it can. Source: Lambda developer guide, "Improving startup performance with Lambda SnapStart". */
export function snapStartObstacles({ fn, hasProvisioned }: StartMode, template: EvaluatedTemplate): readonly string[] {
  const runtime = textIn(template, fn.property('Runtime'));
  const { ephemeralStorage } = fn;
  const fileSystems = fn.property('FileSystemConfigs');
  return [
    ...(hasProvisioned ? ['provisioned concurrency'] : []),
    ...(fileSystems?.kind === 'list' && fileSystems.items.length > 0 ? ['a file system (FileSystemConfigs)'] : []),
    ...(ephemeralStorage.kind === 'known' && ephemeralStorage.value > 512 ? [`${ephemeralStorage.value.toLocaleString('en-US')} MB of /tmp, more than 512`] : []),
    ...(runtime !== undefined && fn.package.kind !== 'image' && !takesSnapStart(runtime) ? [`the runtime ${runtime}`] : []),
  ];
}

/** Java 11, Python 3.12, .NET 8 and later. Source: as above, "Supported features and limitations". */
export function takesSnapStart(runtime: string): boolean {
  const [, language, version] = /^(java|python3\.|dotnet)(\d+)/u.exec(runtime) ?? [];
  const least: Readonly<Record<string, number>> = { java: 11, 'python3.': 12, dotnet: 8 };
  return language !== undefined && Number(version) >= (least[language] ?? Infinity);
}
