import { dirname } from 'node:path';
import { once } from '../base/once.ts';
import type { Project, PythonSource } from '../project/project.ts';

/** The Python sources below a folder (absolute), in the project's order. */
export function sourcesBelow(project: Project, folder: string): readonly PythonSource[] {
  return byFolder(project).get(folder) ?? [];
}

/** A repository of many functions is asked for each of them: looking through all sources each time would be the square of their number. */
const byFolder: (project: Project) => ReadonlyMap<string, readonly PythonSource[]> = once((project) => {
  const found = new Map<string, PythonSource[]>();
  for (const one of project.pythonSources) {
    for (let [folder, inner] = [dirname(one.path), one.path]; folder !== inner; [folder, inner] = [dirname(folder), folder]) {
      const list = found.get(folder);
      if (list) list.push(one);
      else found.set(folder, [one]);
    }
  }
  return found;
});
