import type { Host } from '../base/host.ts';

/** A flag of a command, as data: help and parsing come from it. */
export interface Flag {
  readonly name: string;
  readonly kind: 'boolean' | 'value' | 'values';
  readonly short?: string;
  readonly summary: string;
  /** What stands for its value in the help. */
  readonly value?: string;
}

/** Where a command writes: its result, and what goes beside it. */
export interface Output {
  readonly print: (text: string) => void;
  readonly note: (text: string) => void;
  /** Standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Colours may be used. */
  readonly isColoured: boolean;
  /** What asks a question on a terminal and gives the line that is typed; undefined when there is none. */
  readonly ask: () => ((question: string) => Promise<string>) | undefined;
}

/** The arguments of a call, parsed. */
export interface Call {
  readonly host: Host;
  readonly output: Output;
  readonly positionals: readonly string[];
  readonly flag: (name: string) => boolean;
  readonly value: (name: string) => string | undefined;
  readonly values: (name: string) => readonly string[];
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  /** Absolute. */
  readonly project: string;
  readonly profile: string;
  readonly parameterOverrides: Readonly<Record<string, string>>;
  /** The quick look at the inputs has already found a change. */
  readonly isKnownChanged: boolean;
}

/** What a command's module exports as `command`. Returns the exit code. */
export interface Command {
  readonly run: (call: Call) => Promise<number>;
}

/** A command apart from its code, so that help loads none of it. */
export interface CommandSpec {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly flags: readonly Flag[];
  readonly load: () => Promise<Command>;
}

/** Flags that every command takes. */
export const commonFlags: readonly Flag[] = [
  { name: 'project', kind: 'value', summary: 'the project folder (default: the current one)' },
  { name: 'template', kind: 'value', short: 't', summary: 'the template, relative to the project folder' },
  { name: 'profile', kind: 'value', summary: 'the samconfig environment (default: default)' },
  { name: 'parameter-overrides', kind: 'values', summary: 'template parameters, NAME=VALUE' },
  { name: 'json', kind: 'boolean', summary: 'the result as JSON' },
  { name: 'quiet', kind: 'boolean', short: 'q', summary: 'nothing but the result' },
  { name: 'verbose', kind: 'boolean', short: 'v', summary: 'every step, and stack traces' },
  { name: 'no-color', kind: 'boolean', summary: 'no colours (NO_COLOR does the same)' },
  { name: 'help', kind: 'boolean', short: 'h', summary: 'this text' },
];
