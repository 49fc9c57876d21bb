import { plain, type Paint } from './paint.ts';

/** Colours a unified diff; the text is otherwise unchanged. */
export function paintDiff(diff: string, paint: Paint = plain): string {
  return diff.split('\n').map((line) => {
    if (line.startsWith('+++') || line.startsWith('---')) return paint.bold(line);
    if (line.startsWith('@@')) return paint.blue(line);
    if (line.startsWith('+')) return paint.green(line);
    return line.startsWith('-') ? paint.red(line) : line;
  }).join('\n');
}
