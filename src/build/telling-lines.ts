/** Lines that follow one which names an error often say where it is: esbuild's, tsc's, Maven's. */
const following = 3;

/**
 * The lines of a program's output that tell why it failed, each with what belongs to it: at most `most`, the first ones, since later
 * errors mostly follow from them. Undefined when no line looks like one.
 */
export function tellingLines(output: string, most: number): string | undefined {
  const lines = output.split(/\r?\n/u).filter((line) => line.trim() !== '' && !chatter.test(line));
  const kept = new Set<number>();
  for (const [index, line] of lines.entries()) {
    if (!telling.test(line)) continue;
    kept.add(index);
    // A count ends what it counts.
    if (count.test(line)) continue;
    // What is indented deeper goes on with it.
    for (let next = index + 1; next <= index + following && /^\s/u.test(lines[next] ?? ''); next++) kept.add(next);
  }
  const told = [...kept].toSorted((a, b) => a - b).map((index) => lines[index] ?? '');
  const unique = told.filter((line, index) => told.indexOf(line) === index);
  return unique.length === 0 ? undefined : unique.slice(0, most).join('\n');
}

/** `error:`, `ERROR`, `app.go:5:2: undefined`, `app.ts(3,1): error`, `npm ERR!`, `command not found`, Python's last line of a traceback. */
const telling =
  /\berr(?:or)?\b|npm ERR!|\bE[A-Z]{4,}\b|[A-Za-z.]*(?:Error|Exception)\b|^\s*[^\s:]+\.\w+:\d+(?::\d+)?:|\bfatal\b|\bfail(?:ed|ure)\b|not found|no such file|no matching|could not|cannot|unable to|undefined:|permission denied|unsupported|is required|✘/iu;

const count = /^\s*\d+ errors?\b/iu;

/** What says nothing of the cause: sam's own headings, counts without errors, frames of tracebacks. */
const chatter = /^\s*(?:Build Failed$|Traceback \(most recent call last\)|File "[^"]+", line \d+|at .+\(.+\)$)|\b0 errors?\b|SAM CLI update|A new release of pip|\[notice\]/iu;
