import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../base/host.ts';
import { mergeProfiles } from '../ffmpeg/merge-profiles.ts';
import type { FfmpegComponent, FfmpegEvidence, FfmpegNeed, FfmpegProfile } from '../ffmpeg/profile.ts';
import { profileOfTrace, readTraceRecord, traceRecordFile } from '../ffmpeg/trace-record.ts';
import { readLock, writeLock } from '../lock/file.ts';
import type { Lock, LockedFfmpeg } from '../lock/lock.ts';
import { needBelow } from '../media/need-below.ts';
import type { LambdaFunction } from '../model/function.ts';
import { resolveModel } from '../model/resolve.ts';
import { openProject } from '../project/open.ts';
import type { BuildOptions } from './build.ts';

/** Writes into shear.lock why each part of each derived ffmpeg is there: lines of the code, events, families of inputs. */
export async function noteFfmpegEvidence(host: Host, { folder, template, profile, parameterOverrides }: BuildOptions): Promise<void> {
  const read = readLock(folder);
  if (!read.ok || !read.value || Object.keys(read.value.ffmpeg).length === 0) return;
  const lock = read.value;
  const project = await openProject(host, { folder, template, profile, parameterOverrides });
  const { functions } = resolveModel(project, { profile, parameterOverrides });
  const path = join(folder, traceRecordFile);
  const traced = (existsSync(path) ? readTraceRecord(readFileSync(path, 'utf8')) : undefined) ?? {};
  const entries = Object.entries(lock.ffmpeg).map(([name, entry]): readonly [string, LockedFfmpeg] => {
    const takers = functions.filter((fn) => takes(fn, name, lock));
    const needs = takers.flatMap((fn) => {
      const code = fn.package.kind === 'image' ? fn.package.dockerfile.context : fn.package.kind === 'zip' ? fn.package.codeFolder : undefined;
      return code === undefined ? [] : [needBelow(project, code, functions)];
    });
    if (!entry.configure.includes('--disable-everything')) return [name, withDoubts(entry, needs)];
    const profiles: readonly FfmpegProfile[] = [...needs.flatMap((need) => (need.kind === 'none' ? [] : [need.profile])), ...takers.map((fn) => profileOfTrace(traced[fn.fullPath] ?? []))];
    const evidence = mergeProfiles(profiles).components.filter((part) => hasPart(entry, part)).map((part) => `${part.kind} ${part.name}: ${[...new Set((part.evidence ?? []).map(textOf))].toSorted().join(', ')}`);
    return [name, evidence.length > 0 ? { ...entry, evidence } : entry];
  });
  writeLock(folder, { ...lock, ffmpeg: Object.fromEntries(entries) });
}

/** What kept the need from being told, so that the build has every part. */
function withDoubts(entry: LockedFfmpeg, needs: readonly FfmpegNeed[]): LockedFfmpeg {
  const doubts = needs.flatMap((need) => (need.kind === 'unbounded' ? need.doubts : []));
  const evidence = [...new Set(doubts.map(({ why, place }) => `every part: ${why}${place ? ` (${place.file}:${place.line})` : ''}`))].toSorted();
  return evidence.length > 0 ? { ...entry, evidence } : entry;
}

function hasPart({ configure }: LockedFfmpeg, { kind, name }: FfmpegComponent): boolean {
  return new RegExp(`--enable-${kind}=(?:[\\w,]*,)?${name}(?:[, ]|$)`, 'u').test(configure);
}

/** True where a function's image, or a Lambda layer of its own, has that build. */
function takes({ fullPath, layers }: LambdaFunction, name: string, lock: Lock): boolean {
  return lock.functions[`${fullPath}#ffmpeg`]?.ffmpeg === name || layers.some((layer) => layer.kind === 'own' && lock.layers[layer.fullPath]?.ffmpeg === name);
}

function textOf(evidence: FfmpegEvidence): string {
  switch (evidence.kind) {
    case 'code':
      return `${evidence.place.file}:${evidence.place.line}`;
    case 'event':
      return evidence.event;
    case 'family':
      return `any common ${evidence.family}`;
    case 'implied':
      return `with ${evidence.by}`;
  }
}
