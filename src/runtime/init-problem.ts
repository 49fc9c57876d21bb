import type { InitEnd } from './life.ts';
import { exitMessage } from './report-lines.ts';

/** How a remark on a Lambda layer that cannot be had begins. */
export const missingLayer = 'the Lambda layer ';

/** A module that is not found where Lambda layers are missing is probably in one of them. */
export function explained(problem: string | undefined, remarks: readonly string[]): string | undefined {
  const isImport = problem !== undefined && /ImportModuleError|Cannot find (?:module|package)/u.test(problem);
  const about = isImport ? remarks.filter((remark) => remark.startsWith(missingLayer)) : [];
  return about.length === 0 ? problem : `${problem ?? ''}; ${about.join('; ')}`;
}

/** What was wrong with an initialisation, in Lambda's words (`Runtime.UserCodeSyntaxError: …`); undefined where nothing was. */
export function initProblem({ result }: InitEnd): string | undefined {
  if (result.kind === 'ready') return undefined;
  if (result.kind === 'ended') return exitMessage(result.ended.exit);
  if (result.kind === 'extension-failed') return `extension ${result.name} reported ${result.errorType}`;
  return `${result.error.errorType}: ${messageOf(result.error.body)}`;
}

function messageOf(body: Uint8Array): string {
  try {
    const document: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    if (typeof document === 'object' && document !== null && 'errorMessage' in document) return String(document.errorMessage);
  } catch {
    // Whatever it is, it is shown as it is.
  }
  return Buffer.from(body).toString('utf8');
}
