import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { failure } from '../base/fault.ts';
import { importLinesOf, type ImportLine } from './import-lines.ts';
import type { LaunchParking } from './launch.ts';
import { parkDescriptors, parkHook } from './park-hook.ts';
import { copySplit, type SpareRoot } from './spare-root.ts';
import type { SplitRoot } from './split-root.ts';

/** What a parked process has done already. */
interface Parked {
  /** As it sees it: the handler's module. */
  readonly origin: string;
  /** Import statements that it has run. */
  readonly lines: readonly string[];
  /** As it sees them: files of its modules. */
  readonly files: ReadonlySet<string>;
}

/**
 * Stops a starting Python process before it loads the handler, and lets it go on with other code:
 *
 *     adopt() ──▶ launch() ──▶ found ──▶ parked ──release()──▶ goes on as any other
 *                               └────────── ended, or never asked: never parked ──▶ of no use
 *
 * It may go on only where that is the same as a new start: the files of the code are the same by name, those with another content are
 * Python sources that the process has not loaded, and the new module begins with the imports that were run.
 */
export class Parking {
  readonly #folder: string;
  #root: SpareRoot | undefined;
  #control: Duplex | undefined;
  #parked: Parked | undefined;
  #hasLaunched = false;
  #tell: () => void = () => undefined;
  /** Resolves when the process waits. */
  readonly parked: Promise<void>;

  /** `folder`: absolute; for the hook, made and removed here. */
  constructor(folder: string) {
    this.#folder = folder;
    this.parked = new Promise((resolve) => (this.#tell = resolve));
  }

  /**
   * Gives a root of its own. Fails with `runtime/failed` where the code cannot be exchanged.
   * @param folder where roots are kept.
   * @param handler as the function sees it: the file of the handler's module.
   */
  async adopt(split: SplitRoot, folder: string, handler: string): Promise<SplitRoot> {
    const over = split.mounts.findLast(({ target }) => target === '/' || handler.startsWith(`${target}/`));
    if (!over || !existsSync(join(over.source, handler.slice(over.target === '/' ? 0 : over.target.length)))) throw failure('runtime/failed', `${handler} is not in a folder that can be exchanged`);
    await mkdir(this.#folder, { recursive: true, mode: 0o755 });
    await writeFile(join(this.#folder, 'sitecustomize.py'), parkHook);
    this.#root = await copySplit(split, folder);
    return this.#root.split;
  }

  /** For the first start alone: one that replaces a process which crashed after its release starts as usual. Before `adopt` there is none. */
  launch(): LaunchParking | undefined {
    if (this.#hasLaunched || this.#root === undefined) return undefined;
    this.#hasLaunched = true;
    const { control, folder } = parkDescriptors;
    return {
      variables: (before) => ({
        PYTHONPATH: [`/proc/self/fd/${folder}`, before['PYTHONPATH']].filter((one) => one !== undefined && one !== '').join(':'),
        ...(before['PYTHONPATH'] === undefined ? {} : { SHEAR_PARK_PYTHONPATH: before['PYTHONPATH'] }),
        SHEAR_PARK_CONTROL: String(control), SHEAR_PARK_FOLDER: String(folder),
      }),
      open: () => openSync(this.#folder, 'r'),
      close: closeSync,
      onControl: (stream) => this.#listen(stream),
    };
  }

  /** Exchanges the code and lets the process go on; false when it cannot, and nothing has happened then. */
  async release(next: SplitRoot): Promise<boolean> {
    const [parked, root, control] = [this.#parked, this.#root, this.#control];
    const changes = parked && root?.changes(next);
    if (!parked || !root || !control || !changes) return false;
    const isUnloaded = changes.every(({ seen }) => seen.endsWith('.py') && !parked.files.has(seen));
    const source = changes.find(({ seen }) => seen === parked.origin);
    const lines = this.#linesOf(source?.from ?? root.onDisk(parked.origin) ?? '').map(({ text }) => text);
    if (!isUnloaded || !parked.lines.every((line, at) => line === lines[at])) return false;
    await root.exchange(changes);
    control.write('\n');
    return true;
  }

  async remove(): Promise<void> {
    this.#control?.destroy();
    await this.#root?.remove();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #listen(control: Duplex): void {
    this.#control = control;
    let text = '';
    let [origin, lines]: [string, readonly string[]] = ['', []];
    control.on('error', () => undefined).on('data', (chunk: Buffer) => {
      text += chunk.toString();
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const [line, rest] = [text.slice(0, end), text.slice(end + 1)];
        text = rest;
        if (line.startsWith('found ')) {
          origin = line.slice('found '.length);
          lines = this.#importable(origin);
          control.write(`${lines.join('\0')}\n`);
        } else if (line.startsWith('parked ')) this.#parked = { origin, lines, files: new Set(line.slice('parked '.length).split('\0')) };
        if (this.#parked) this.#tell();
      }
    });
  }

  /** Imports of packages alone: modules of the code itself may do anything, and see the state of things when they do it. */
  #importable(origin: string): readonly string[] {
    const path = this.#root?.onDisk(origin);
    if (path === undefined) return [];
    const isOwn = (module: string): boolean => this.#root?.hasOwn(origin.replace(/\/[^/]*$/u, ''), module) ?? true;
    const lines = this.#linesOf(path);
    const stop = lines.findIndex(({ roots }) => roots.some(isOwn));
    return lines.slice(0, stop < 0 ? lines.length : stop).map(({ text }) => text);
  }

  #linesOf(path: string): readonly ImportLine[] {
    try {
      return importLinesOf(readFileSync(path, 'utf8'));
    } catch {
      return [];
    }
  }
}
