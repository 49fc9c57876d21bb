import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Event } from '../../src/base/event.ts';
import { openProject, type OpenOptions } from '../../src/project/open.ts';
import type { Project } from '../../src/project/project.ts';

/** A folder with these files (text or bytes, by relative path), gone when the test ends. */
export function temporaryFolder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'shear-project-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** Opens a folder as a project; `events` collects what was emitted. */
export function open(folder: string, options: Omit<OpenOptions, 'folder'> = {}, events: Event[] = []): Promise<Project> {
  return openProject({ cwd: '/', emit: (event) => void events.push(event) }, { folder, ...options });
}

/** A project of these files, opened. */
export function project(files: Readonly<Record<string, string | Uint8Array>>, options: Omit<OpenOptions, 'folder'> = {}): Promise<Project> {
  return open(temporaryFolder(files), options);
}
