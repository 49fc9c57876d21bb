import type { Architecture, Host } from '../base/host.ts';
import { placeAt } from '../base/source.ts';
import { openBase } from '../build/base-image.ts';
import type { Edit } from '../edits/edit.ts';
import { changesOf, type FileChange } from '../edits/apply.ts';
import type { Model } from '../model/function.ts';
import type { Project } from '../project/project.ts';
import type { Store } from '../store/store.ts';
import { isNamed, type Upgrade } from '../build/upgrade.ts';

/** One image whose tag stands for another digest than the Dockerfile names. */
export interface MovedBase {
  readonly file: string;
  readonly line: number;
  /** `name:tag`. */
  readonly tagged: string;
  readonly from: string;
  readonly to: string;
}

/** `name:tag@sha256:…`, as FROM, ARG and COPY --from have it. */
const pinned = /(?<tagged>[\w.-]+(?::\d+)?(?:\/[\w.-]+)*:[\w][\w.-]*)@(?<digest>sha256:[0-9a-f]{64})/gu;

/**
 * Asks what the tags of images that Dockerfiles name by tag and digest stand for now. Throws what `openBase` throws.
 * @returns the changed Dockerfiles, unwritten, and what moved in them.
 */
export async function movedBases(host: Host, store: Store, { project, model, upgrade }: { readonly project: Project; readonly model: Model; readonly upgrade: Upgrade }): Promise<{ readonly changes: readonly FileChange[]; readonly moved: readonly MovedBase[] }> {
  const edits: Edit[] = [];
  const moved: MovedBase[] = [];
  const asked = new Map<string, Promise<string | undefined>>();
  const currentDigest = (tagged: string, architecture: Architecture): Promise<string | undefined> => {
    const key = `${architecture} ${tagged}`;
    const found = asked.get(key) ?? openBase(host, store, tagged, architecture).then((base) => base?.indexDigest ?? base?.digest);
    asked.set(key, found);
    return found;
  };
  for (const file of new Map(project.dockerfiles.map((one) => [one.path, one])).values()) {
    const { source, stages, globalArguments } = file.dockerfile;
    const instructions = [...globalArguments, ...stages.flatMap((stage) => [stage.from, ...stage.instructions])].filter(({ keyword }) => keyword === 'FROM' || keyword === 'ARG' || keyword === 'COPY');
    for (const { span } of instructions) {
      for (const { index, groups } of source.text.slice(span.start, span.end).matchAll(pinned)) {
        const { tagged = '', digest: from = '' } = groups ?? {};
        if (!isNamed(upgrade, tagged)) continue;
        const to = await currentDigest(tagged, architectureOf(model, file.path));
        if (to === undefined || to === from) continue;
        const start = span.start + index + tagged.length + 1;
        edits.push({ kind: 'splice', path: source.path, source, start, end: start + from.length, text: to });
        moved.push({ file: source.path, line: placeAt(source, start).line, tagged, from, to });
      }
    }
  }
  return { changes: changesOf([{ title: 'move digests', safety: 'safe', edits }]), moved };
}

function architectureOf(model: Model, path: string): Architecture {
  const user = model.functions.find((fn) => fn.package.kind === 'image' && fn.package.dockerfile.path === path);
  return user?.architecture.kind === 'known' ? user.architecture.value : 'x86_64';
}
