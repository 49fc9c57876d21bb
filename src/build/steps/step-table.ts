import type { Host } from '../../base/host.ts';
import type { Step } from '../../graph/run.ts';
import type { Store } from '../../store/store.ts';

/** What steps may use besides their inputs; none of it may change their output. */
export interface StepContext {
  readonly host: Host;
  readonly store: Store;
  readonly projectFolder: string;
}

interface StepKind {
  /** Goes up whenever the same input would give other bytes. */
  readonly version: number;
  /** Takes long, and its key names all that its output depends on: worth taking from others of the team, by key. */
  readonly isShared?: true;
  readonly load: (context: StepContext) => Promise<Step['run']>;
}

/** Every kind of step; each is one file, loaded when there is work for it. */
export const stepTable: Readonly<Record<string, StepKind>> = {
  'copy-layer': { version: 1, load: async (context) => (await import('./copy-layer.ts')).copyLayer(context) },
  'folder-layer': { version: 1, load: async (context) => (await import('./folder-layer.ts')).folderLayer(context) },
  'wheel-layer': { version: 2, isShared: true, load: async (context) => (await import('./wheel-layer.ts')).wheelLayer(context) },
  'ffmpeg-layer': { version: 2, load: async (context) => (await import('./ffmpeg-layer.ts')).ffmpegLayer(context) },
  'ffmpeg-files': { version: 1, load: async (context) => (await import('./ffmpeg-files.ts')).ffmpegFiles(context) },
  'ffmpeg-proof': { version: 2, isShared: true, load: async (context) => (await import('./ffmpeg-proof.ts')).ffmpegProof(context) },
  'ffmpeg-package': { version: 1, load: async (context) => (await import('./ffmpeg-package.ts')).ffmpegPackage(context) },
  'ffmpeg-zip': { version: 1, load: async (context) => (await import('./ffmpeg-zip.ts')).ffmpegZip(context) },
  'ffmpeg-build': { version: 1, isShared: true, load: async (context) => (await import('./ffmpeg-build.ts')).ffmpegBuild(context) },
  image: { version: 1, load: async (context) => (await import('./image.ts')).imageStep(context) },
  make: { version: 1, load: async (context) => (await import('./make.ts')).makeStep(context) },
  sam: { version: 1, load: async (context) => (await import('./sam.ts')).samStep(context) },
  zip: { version: 2, load: async (context) => (await import('./zip.ts')).zipStep(context) },
};

/** Whether outputs of steps of a kind are shared with others. What holds the project's own sources is not: it is quick to make. */
export function isSharedStep(kind: string): boolean {
  return stepTable[kind]?.isShared === true;
}
