/** The lines of a log of BuildKit's (`--progress plain`), without the number of the step and the seconds before each. */
export function stripBuildKit(log: string): readonly string[] {
  return log.split('\n').map((line) => line.replace(/^#\d+ (?:\d+\.\d+ )?/u, '').trimEnd());
}
