import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../../base/fault.ts';
import type { ProcessResult } from '../../base/host.ts';
import { withoutSecrets } from '../../base/redact.ts';
import { tellingLines } from '../telling-lines.ts';

/**
 * A builder that ended with an error (`build/failed`): the lines that tell the cause, and where all that it said is kept.
 * `program` names the log: `sam`, `make`.
 */
export function failedProgram(program: string, command: string, of: { readonly fullPath: string; readonly result: ProcessResult; readonly projectFolder: string }): Error {
  const { code, stdout, stderr } = of.result;
  const log = keepLog(join(of.projectFolder, '.aws-sam', 'shear'), `${program}-${of.fullPath.replaceAll('/', '-')}.log`, [stdout, stderr].filter((text) => text.trim() !== '').join('\n'));
  // make tells which of its lines failed, not why, which some builders write to standard output.
  const [where, rest] = [stderr.split('\n').filter((line) => stopped.test(line)), stderr.split('\n').filter((line) => !stopped.test(line)).join('\n')];
  const cause = tellingLines(rest, 12) ?? tellingLines(stdout, 12) ?? (rest.trim() === '' ? stdout : rest).trim().split('\n').slice(-12).join('\n');
  const why = [cause, ...where].filter((line) => line !== '').join('\n');
  return failure('build/failed', `${command} ended with exit code ${code}`, { why, ...(log === undefined ? {} : { next: `all that ${program} said is in ${log}` }) });
}

const stopped = /^make(?:\[\d+\])?: \*\*\* /u;

/** Writes a failed build's output; undefined where it cannot be written, which must not hide the failure. */
function keepLog(folder: string, name: string, text: string): string | undefined {
  const path = join(folder, name);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, `${withoutSecrets(text).trimEnd()}\n`, { mode: 0o600 });
    return path;
  } catch {
    return undefined;
  }
}
