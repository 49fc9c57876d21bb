// What `npm test`, `npm run demo` and `npm run bench` need before TypeScript can run. Plain JavaScript without dependencies.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export const repository = join(import.meta.dirname, '..');
const started = Date.now();
const isTerminal = process.stderr.isTTY === true;

/** Refuses a Node that is too old, in words. */
export function begin() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) fail(`Node ${process.versions.node} is too old: shear needs 20.19 or newer`);
}

/** Runs a program with a progress line; its output is shown only when it fails. */
export async function step(name, program, args, { mayFail = false, env = {} } = {}) {
  const at = Date.now();
  const ticker = isTerminal ? setInterval(() => process.stderr.write(`\r… ${name}, ${seconds(at)} `), 500) : undefined;
  if (!isTerminal) process.stderr.write(`… ${name}\n`);
  const { code, output } = await run(program, args, env);
  clearInterval(ticker);
  process.stderr.write(`${isTerminal ? '\r' : ''}${code === 0 ? '✓' : '✗'} ${name}, ${seconds(at)}   \n`);
  if (code === 0) return true;
  process.stderr.write(`${output.trimEnd()}\n`);
  if (!mayFail) fail(`${name} failed: \`${[program, ...args].join(' ')}\` ended with code ${code}`);
  return false;
}

/** npm ci, when what is installed is not what package.json asks for. */
export async function installPackages() {
  const isThere = existsSync(join(repository, 'node_modules', '.bin', 'tsx'));
  if (isThere && spawnSync('npm', ['ls', '--depth=0', '--silent'], { cwd: repository, stdio: 'ignore' }).status === 0) return;
  if (await step('npm ci', 'npm', ['ci', '--no-audit', '--no-fund'], { mayFail: true })) return;
  process.stderr.write('npm ci does not take the lockfile with this registry; installing what it names without it\n');
  await step('npm install', 'npm', ['install', '--no-save', '--no-audit', '--no-fund']);
}

/** Programs that widen what is tested: installed where root may, else a sentence. */
export async function optionalPrograms(packages, programs = {}) {
  const missing = packages.filter((name) => !onPath(programs[name] ?? name));
  if (missing.length === 0) return;
  const canInstall = process.platform === 'linux' && process.getuid?.() === 0 && onPath('apt-get');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  if (canInstall && (await step(`apt-get install ${missing.join(' ')}`, 'sh', ['-c', 'apt-get update -q && apt-get install -q -y --no-install-recommends "$@"', 'sh', ...missing], { mayFail: true, env }))) return;
  process.stderr.write(`Not installed: ${missing.join(', ')}. What needs them is left out and said so; the rest goes on.\n`);
}

/** Whether a program can be found. */
export function onPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}

/** Ends the script with a sentence. */
export function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

/** Seconds since the script was started, for closing lines. */
export function elapsed() {
  return seconds(started);
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

function run(program, args, env) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: repository, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
