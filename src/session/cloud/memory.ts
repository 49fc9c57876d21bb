import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder, writeWhole } from '../../build/state.ts';

/** What is known of the code that a function runs in the cloud. */
export interface SentCode {
  /** Digest of the artefact here. */
  readonly local: string;
  /** What Lambda calls it: CodeSha256, or the image by digest. */
  readonly cloud: string;
  /** It came past CloudFormation: the stack's template does not know it. Milliseconds since the epoch. */
  readonly sentAt?: number;
}

/** What a project remembers of its stack between sessions. */
export interface CloudMemory {
  /** The stack's ARN: a stack that was deleted and made anew is another one. */
  readonly stackId: string;
  readonly functions: Readonly<Record<string, SentCode>>;
}

const pathOf = (folder: string, stackName: string): string => join(stateFolder(folder), `cloud-${stackName}.json`);

/** What is remembered of this very stack; nothing else is believed. */
export function readMemory(folder: string, stackName: string, stackId: string): CloudMemory {
  const path = pathOf(folder, stackName);
  try {
    const found: unknown = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
    if (typeof found === 'object' && found !== null && 'stackId' in found && found.stackId === stackId && 'functions' in found) return found as CloudMemory;
  } catch {
    // A half-written file is as good as none: everything is compared anew.
  }
  return { stackId, functions: {} };
}

/** Keeps it. */
export function writeMemory(folder: string, stackName: string, memory: CloudMemory): void {
  writeWhole(pathOf(folder, stackName), `${JSON.stringify(memory, undefined, 1)}\n`);
}
