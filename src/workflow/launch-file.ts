import { relative, sep } from 'node:path';
import type { LambdaFunction } from '../model/function.ts';
import type { Project } from '../project/project.ts';

/** Where VS Code keeps what it can debug. */
export const launchPath = '.vscode/launch.json';

/** Configurations that attach to `shear dev --debug FUNCTION`, one for each function. Ports are the debuggers' own. */
export function launchFile(project: Project, functions: readonly LambdaFunction[]): string {
  const configurations = functions.flatMap((fn): readonly object[] => {
    if (fn.package.kind === 'image') return [python(fn.fullPath, folderOf(project, fn.package.dockerfile.context))];
    if (fn.package.kind !== 'zip') return [];
    const folder = folderOf(project, fn.package.codeFolder);
    return fn.package.runtime.startsWith('nodejs') ? [node(fn.fullPath, folder)] : fn.package.runtime.startsWith('python') ? [python(fn.fullPath, folder)] : [];
  });
  return `${JSON.stringify({ version: '0.2.0', configurations }, undefined, 2)}\n`;
}

function python(name: string, localRoot: string): object {
  return { name: `${name} (shear dev --debug ${name})`, type: 'debugpy', request: 'attach', connect: { host: '127.0.0.1', port: 5678 }, pathMappings: [{ localRoot, remoteRoot: '/var/task' }], justMyCode: false };
}

function node(name: string, localRoot: string): object {
  return { name: `${name} (shear dev --debug ${name})`, type: 'node', request: 'attach', address: '127.0.0.1', port: 9229, localRoot, remoteRoot: '/var/task', restart: true };
}

function folderOf(project: Project, absolute: string): string {
  const path = relative(project.folder, absolute).split(sep).join('/');
  return path === '' ? '${workspaceFolder}' : `\${workspaceFolder}/${path}`;
}
