import type { InitEnd } from './life.ts';
import { exitMessage } from './report-lines.ts';

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
