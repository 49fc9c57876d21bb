/** A folder of `src/`: what it is, and what it may import; `types` names folders of which it may import types alone. */
export interface FolderRule {
  readonly folder: string;
  readonly rank: number;
  readonly sentence: string;
  readonly imports: readonly string[];
  readonly types: readonly string[];
  /** May touch files. */
  readonly files: boolean;
}

const rule = (rank: number, folder: string, sentence: string, imports: string, types: string = '', files: boolean = false): FolderRule => ({
  folder, rank, sentence, files,
  imports: imports.split(' ').filter((name) => name !== ''),
  types: types.split(' ').filter((name) => name !== ''),
});

/** The import table of ARCHITECTURE.md, which is generated from it. */
export const importTable: readonly FolderRule[] = [
  rule(0, 'base', 'words that every part shares: results, places, digests, faults, events, trees, the host', ''),
  rule(1, 'syntax', 'text ↔ trees with exact ranges, and splices; no I/O', 'base'),
  rule(1, 'oci', 'the image format: tar, layers, images, layouts, archives', 'base', '', true),
  rule(1, 'zip', 'the zip format, read and written deterministically', 'base', '', true),
  rule(1, 'edits', 'changes to text as data; writing them all or none, and undoing them', 'base', '', true),
  rule(1, 'graph', 'a content-addressed graph of steps that knows nothing of Lambda; the index of input files', 'base', '', true),
  rule(1, 'lock', 'shear.lock', 'base', '', true),
  rule(1, 'ffmpeg', 'what of ffmpeg a project needs, and how that is built; no I/O', 'base'),
  rule(1, 'watch', 'file changes, told once and none lost', 'base', '', true),
  rule(2, 'project', 'what is on disk: templates evaluated, samconfig, Dockerfiles, manifests, sources', 'base syntax', '', true),
  rule(2, 'registry', 'the OCI distribution protocol, credentials, mirrors', 'base oci', '', true),
  rule(2, 'store', 'content-addressed blobs and action records on disk', 'base oci', 'graph', true),
  rule(3, 'tools', 'external programs, found or provided at pinned versions', 'base store', '', true),
  rule(3, 'model', 'what it means: every function with globals merged, every RUN line classified', 'base syntax project ffmpeg'),
  rule(3, 'remote', 'outputs of steps that a team shares by key, in a registry or a folder', 'base oci registry store', 'graph', true),
  rule(3, 'aws', 'the AWS APIs that a cloud session speaks, signed', 'base registry', '', true),
  rule(3, 'runtime', 'the Lambda Runtime API, emulated, and where functions run', 'base oci store', '', true),
  rule(4, 'iam', 'what a function asks of AWS, what its policies grant, and what of it can go', 'base syntax model project'),
  rule(4, 'workflow', 'what developers work with, as texts made from the model: events, tests, scripts, documents, alarms', 'base syntax model', 'project edits'),
  rule(5, 'media', 'what code starts ffmpeg with, read from its text', 'base ffmpeg iam model', 'project'),
  rule(6, 'rules', 'model → findings, each with an optional fix', 'base syntax model iam workflow ffmpeg media', 'project edits'),
  rule(4, 'build', 'model → plan → steps: Dockerfiles read, wheels installed, images put together', 'base syntax model graph oci zip registry lock tools ffmpeg', 'project store', true),
  rule(5, 'publish', 'what was built → where sam and Docker look', 'base oci zip registry', 'build project syntax', true),
  rule(5, 'serve', 'front doors on 127.0.0.1: the Invoke API, HTTP events, the page', 'base runtime model project syntax', '', true),
  rule(7, 'knowledge', 'what rules cannot see in the project, gathered from registries and package indexes', 'base ffmpeg iam rules build registry tools syntax zip', 'model project store', true),
  rule(7, 'report', 'findings, faults, builds → text, JSON, SARIF', 'base rules', 'build'),
  rule(7, 'fix', 'rounds of fixes until nothing is left, and writing them', 'base edits model project rules'),
  rule(7, 'session', 'one build, one invocation, one push from start to end', 'aws base build edits ffmpeg graph lock media model oci project publish registry remote runtime serve store syntax tools watch workflow zip', '', true),
  rule(8, 'cli', 'argv → the above; the only place with a process', 'base edits ffmpeg fix knowledge model project report rules session store build workflow', 'runtime', true),
];
