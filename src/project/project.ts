import type { Fault } from '../base/fault.ts';
import type { Place, SourceFile } from '../base/source.ts';
import type { Dockerfile } from '../syntax/dockerfile.ts';
import type { RequirementsFile } from '../syntax/requirements.ts';
import type { TomlDocument } from '../syntax/toml.ts';
import type { YamlDocument } from '../syntax/yaml.ts';

/** One SAM or CloudFormation template of the project. */
export interface TemplateFile {
  /** Absolute. */
  readonly path: string;
  /** Absolute: paths in the template are relative to it. Where the template is a link, the folder of what it leads to, as in sam. */
  readonly folder: string;
  readonly source: SourceFile;
  readonly document: YamlDocument;
  /** Logical IDs of the nested applications that lead here from the root template; empty for the root. */
  readonly stackPath: readonly string[];
}

/** samconfig, in the form that sam would read. */
export type SamConfig =
  | { readonly kind: 'toml'; readonly path: string; readonly source: SourceFile; readonly document: TomlDocument }
  | { readonly kind: 'yaml'; readonly path: string; readonly source: SourceFile; readonly document: YamlDocument };

/** A Dockerfile that a function names, with its build context. */
export interface DockerfileInProject {
  /** Absolute. */
  readonly path: string;
  /** Absolute path of the build context folder. */
  readonly context: string;
  readonly dockerfile: Dockerfile;
  /** The .dockerignore that Docker would use: `<Dockerfile>.dockerignore` beside it, else the context's. */
  readonly ignore: SourceFile | undefined;
}

/** A Dockerfile that a function names and Docker would refuse. */
export interface BrokenDockerfile extends Pick<DockerfileInProject, 'path' | 'context'> {
  readonly fault: Fault;
}

/** A requirements file somewhere in the project (includes followed: each is an entry of its own). */
export interface RequirementsInProject {
  /** Absolute. */
  readonly path: string;
  readonly requirements: RequirementsFile;
}

/** A source file, for rules that look at imports and calls. */
export interface PythonSource {
  /** Absolute. */
  readonly path: string;
  readonly source: SourceFile;
}

/**
 * A folder with a SAM template, its samconfig, Dockerfiles, manifests and sources: what is on disk,
 * parsed, and nothing yet about what it means.
 */
export interface Project {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** The root template first, nested ones after it. */
  readonly templates: readonly [TemplateFile, ...TemplateFile[]];
  readonly samconfig: SamConfig | undefined;
  readonly dockerfiles: readonly DockerfileInProject[];
  /** Those that cannot be read, where they were not to stop the rest; else such a one is a failure of the whole project. */
  readonly brokenDockerfiles?: readonly BrokenDockerfile[];
  readonly requirements: readonly RequirementsInProject[];
  readonly pythonSources: readonly PythonSource[];
  /** JavaScript and TypeScript, where a template has a Node function. */
  readonly scriptSources: readonly PythonSource[];
  /**
   * Scripts and CI files; of build contexts also sources in other languages than Python, package.json and its like, and files whose
   * names promise credentials (never to be printed). By path.
   */
  readonly otherTexts: readonly SourceFile[];
  /** Manifests and locks of Poetry, Pipenv, uv and PDM, and package.json, in and above code folders and build contexts. By path. */
  readonly manifests: readonly SourceFile[];
  /**
   * Every file under the project folder, relative, sorted by code unit, without .git, .aws-sam, node_modules and
   * virtual environments. Files of build contexts and code folders outside the project folder start with `../`.
   */
  readonly files: readonly ProjectFile[];
  /** The folders that `files` leaves out, where they are there: `.git`, `src/node_modules`, a virtual environment by whatever name. */
  readonly skipped: readonly string[];
  /** False when the folder holds more files than are listed (50,000). */
  readonly areFilesComplete: boolean;
  /** Links that are not followed: into folders, out of the project, to nothing. Paths as in `files`. */
  readonly unfollowedLinks: readonly string[];
  /**
   * Documents, scripts, events and tests: texts that people work with. Those of folders above the project, in the same
   * repository, start with `../`.
   */
  readonly developerFiles: readonly SourceFile[];
  /** False when there are more of them than are read. */
  readonly areDeveloperFilesComplete: boolean;
  /** The .gitignore of the project's folder, then those of folders above it in the same repository. */
  readonly gitignores: readonly GitIgnore[];
  /** What stands at each path (absolute) that a template names: code folders, build contexts, Dockerfiles, nested templates. */
  readonly named: ReadonlyMap<string, PathKind>;
  /** What stands at each path (absolute) of a build context that a COPY or ADD names without patterns and variables. */
  readonly copySources: ReadonlyMap<string, PathKind>;
  /** Local files that AWS::Include names. */
  readonly includes: readonly IncludedFile[];
  /** What could not be read but does not stop the rest: a Python file in another encoding, say. */
  readonly faults: readonly Fault[];
}

/** What stands at a path, links followed. */
export type PathKind = 'file' | 'folder' | 'absent';

/** What a .gitignore says. */
export interface GitIgnore {
  readonly text: string;
  /** From its folder to the project's, with a slash at the end; empty for the project's own. */
  readonly below: string;
}

/** A file that an AWS::Include transform of a template names. */
export interface IncludedFile {
  /** Absolute. */
  readonly path: string;
  /** Of the Location. */
  readonly place: Place;
  readonly exists: boolean;
}

/** A fault of the user's that does not stop the rest from being read (a warning), with its place. */
export interface Remark {
  readonly text: string;
  readonly file: SourceFile;
  readonly place: Place;
}

/** A file's name and size. */
export interface ProjectFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}
