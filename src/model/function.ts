import type { Fault } from '../base/fault.ts';
import type { Architecture } from '../base/host.ts';
import type { Place, Span } from '../base/source.ts';
import type { DockerfileInProject, Remark, RequirementsInProject, TemplateFile } from '../project/project.ts';
import type { EvaluatedTemplate } from '../project/template/evaluate.ts';
import type { YamlNode } from '../syntax/yaml.ts';

export type { Remark } from '../project/project.ts';

/** A value as far as it can be known without deploying. Nothing guesses. */
export type Value<T> =
  | {
      readonly kind: 'known';
      readonly value: T;
      readonly from: 'resource' | 'globals' | 'default';
      /** Where it was written; absent for a default. */
      readonly place?: Place;
      readonly node?: YamlNode;
    }
  | { readonly kind: 'unresolved'; readonly why: string; readonly place: Place; readonly node: YamlNode };

/** The runtimes' Python version as in `python3.12`: `{ major: 3, minor: 12 }`. */
export interface PythonVersion {
  readonly major: number;
  readonly minor: number;
}

/** A function built from a Dockerfile. */
export interface ImagePackage {
  readonly kind: 'image';
  readonly dockerfile: DockerfileInProject;
  /** Metadata.DockerTag, default `latest`. */
  readonly tag: string;
  /** The stage to build; absent means the last. */
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Names of DockerBuildArgs whose value only a deployment can tell; a build that needs them must refuse. */
  readonly unresolvedBuildArgs?: readonly string[];
  /** Metadata.DockerBuildExtraParams. */
  readonly extraParameters: readonly string[];
  readonly imageConfig: {
    readonly command: readonly string[] | undefined;
    readonly entryPoint: readonly string[] | undefined;
    readonly workingDirectory: string | undefined;
  };
}

/** A function built from a source folder. */
export interface ZipPackage {
  readonly kind: 'zip';
  /** Absolute folder of CodeUri. */
  readonly codeFolder: string;
  /** As sam names it: `python3.12`, `nodejs22.x`, … */
  readonly runtime: string;
  readonly handler: string | undefined;
  /** Metadata.BuildMethod, when it is not the runtime's own. */
  readonly buildMethod: string | undefined;
  readonly buildProperties: Readonly<Record<string, unknown>>;
  /** requirements.txt in the code folder. */
  readonly requirements: RequirementsInProject | undefined;
}

/** What a function's code is; everything but `image` and `zip` is passed through unbuilt, as sam does. */
export type Package =
  | ImagePackage
  | ZipPackage
  | { readonly kind: 'inline'; readonly text: string }
  /** Already built elsewhere: an S3 or registry address, a .zip, SkipBuild. */
  | { readonly kind: 'prebuilt'; readonly location: string }
  /** Cannot be told, or is wrong: the reason is a sentence for the user. */
  | {
      readonly kind: 'unbuildable';
      readonly why: string;
      readonly place: Place;
      /** Absolute: the code folder, where that it is not there is the reason. */
      readonly missingFolder?: string;
      /** Absolute: whatever is not there, where that is the reason. */
      readonly missing?: string;
      /** In the function's template; absent where the place is in another file, or only a deployment can tell what is missing. */
      readonly span?: Span;
      /** Where the reason has been told already in its own words: a Dockerfile that cannot be read. */
      readonly fault?: Fault;
    };

/** A Lambda function of the template (AWS::Serverless::Function or AWS::Lambda::Function), Globals merged. */
export interface LambdaFunction {
  readonly logicalId: string;
  /** `Nested/Fn` for a function of a nested application, as sam names it; else the logical ID. */
  readonly fullPath: string;
  readonly type: 'AWS::Serverless::Function' | 'AWS::Lambda::Function';
  readonly template: TemplateFile;
  /** Of the logical ID. */
  readonly place: Place;
  readonly span: Span;
  /** The resource's map: Type, Properties, Metadata, … */
  readonly resource: YamlNode;
  /** The Properties map, undefined when absent. */
  readonly properties: YamlNode | undefined;
  readonly package: Package;
  readonly architecture: Value<Architecture>;
  /** Megabytes; Lambda's default is 128. */
  readonly memory: Value<number>;
  /** Seconds; Lambda's default is 3. */
  readonly timeout: Value<number>;
  /** Megabytes of /tmp; Lambda's default is 512. */
  readonly ephemeralStorage: Value<number>;
  readonly environment: Readonly<Record<string, Value<string>>>;
  readonly tags: Readonly<Record<string, Value<string>>>;
  /** Lambda layers in order: logical IDs of the project's own, or ARNs. */
  readonly layers: readonly LayerReference[];
  /** Any other property, Globals merged, by its name in the template. */
  readonly property: (name: string) => YamlNode | undefined;
}

/** One entry of a function's Layers. */
export type LayerReference =
  /** `fullPath` tells a layer of another stack of the project from one of the function's own template. */
  | { readonly kind: 'own'; readonly logicalId: string; readonly fullPath: string }
  | { readonly kind: 'arn'; readonly arn: string }
  | { readonly kind: 'unresolved'; readonly why: string; readonly place: Place };

/** A Lambda layer of the template. */
export interface LambdaLayer {
  readonly logicalId: string;
  readonly fullPath: string;
  readonly template: TemplateFile;
  readonly place: Place;
  readonly resource: YamlNode;
  /** Absolute folder of ContentUri; undefined when it is not a local folder. */
  readonly contentFolder: string | undefined;
  /** ContentUri, where it names a folder that is not there: absolute, as written, and where. */
  readonly missingContent?: { readonly folder: string; readonly written: string; readonly span: Span };
  /** Metadata.BuildMethod; undefined means sam copies nothing and builds nothing. */
  readonly buildMethod: string | undefined;
  readonly architecture: Architecture;
  readonly requirements: RequirementsInProject | undefined;
}

/** What a project means: functions and layers after globals, parameters, conditions and intrinsics. */
export interface Model {
  readonly functions: readonly LambdaFunction[];
  readonly layers: readonly LambdaLayer[];
  /** All resources, evaluated: the root template first, nested ones after it. */
  readonly templates: readonly EvaluatedTemplate[];
  readonly remarks: readonly Remark[];
}
