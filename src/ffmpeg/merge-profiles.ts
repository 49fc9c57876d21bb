import { profileOf } from './need-builder.ts';
import type { FfmpegComponent, FfmpegProfile } from './profile.ts';

/** One profile with the parts and programs of several. */
export function mergeProfiles(profiles: readonly FfmpegProfile[]): FfmpegProfile {
  const parts = new Map<string, FfmpegComponent>();
  for (const part of profiles.flatMap(({ components }) => components)) {
    const key = `${part.kind}:${part.name}`;
    const evidence = [...(parts.get(key)?.evidence ?? []), ...(part.evidence ?? [])];
    parts.set(key, { kind: part.kind, name: part.name, ...(evidence.length > 0 ? { evidence: unique(evidence) } : {}) });
  }
  return profileOf([...parts.values()], [...new Set(profiles.flatMap(({ programs }) => programs))]);
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
