import { mergeProfiles } from '../ffmpeg/merge-profiles.ts';
import type { FfmpegNeed } from '../ffmpeg/profile.ts';
import { profileOfTrace } from '../ffmpeg/trace-record.ts';
import type { LambdaFunction } from '../model/function.ts';
import type { Knowledge } from './knowledge.ts';

/** A need with the parts that events of functions were seen to use besides. What is unbounded stays so: other events may ask for more. */
export function withTraced(need: FfmpegNeed, functions: readonly LambdaFunction[], { traced = {} }: Knowledge): FfmpegNeed {
  const commands = functions.flatMap(({ fullPath }) => traced[fullPath] ?? []);
  if (need.kind === 'none' || commands.length === 0) return need;
  return { ...need, profile: mergeProfiles([need.profile, profileOfTrace(commands)]) };
}
