import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { freePort } from '../../scripts/peers/free-port.ts';

const program = '/usr/bin/docker-registry';

/** Whether the registry that Docker distributes (Debian's package docker-registry) is installed; warns once when it is not. */
export const hasDockerRegistry: boolean = existsSync(program);
if (!hasDockerRegistry) console.warn(`skipped: the contract with a real registry needs ${program}`);

/** Starts it over an empty folder (absolute) and waits until it answers. */
export async function startDockerRegistry(folder: string): Promise<{ readonly address: string; readonly stop: () => void }> {
  const address = `127.0.0.1:${await freePort()}`;
  const config = { version: 0.1, storage: { filesystem: { rootdirectory: join(folder, 'data') } }, http: { addr: address }, log: { level: 'error' } };
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
  const server = spawn(program, ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  while (!(await answers(address)));
  return { address, stop: () => void server.kill() };
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(`http://${address}/v2/`, (response) => {
      response.resume();
      resolve(true);
    });
    asked.once('error', () => setTimeout(() => resolve(false), 20));
    asked.end();
  });
}
