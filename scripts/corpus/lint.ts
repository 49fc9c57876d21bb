import type { Host } from '../../src/base/host.ts';
import type { Linters } from './outcome.ts';

/** What the linters say after a change that they did not say before it; lines and columns, which may move, are left out. */
export async function newComplaints(host: Host, linters: Linters, folder: string, template: string, change: () => Promise<void>): Promise<readonly string[]> {
  const before = new Set(await complaints(host, linters, folder, template));
  await change();
  const after = await complaints(host, linters, folder, template);
  return after.filter((line) => !before.has(line));
}

/** Where a complaint stands, and what else the template has, change with every edit. */
function withoutPlaces(line: string): string {
  return line.replace(/:\d+:\d+:\d+:\d+:/u, ': ').replace(/\(line \d+\)/gu, '').replace(/ is not one of \[.*\]/u, ' is not one of them');
}

async function complaints(host: Host, { sam, cfnLint }: Linters, folder: string, template: string): Promise<readonly string[]> {
  const found: string[] = [];
  if (cfnLint !== undefined) {
    const { stdout } = await host.run(cfnLint, ['--format', 'parseable', '--regions', 'us-east-1', '--', template], { cwd: folder, timeout: 60_000 });
    found.push(...stdout.split('\n').filter((line) => line !== '').map((line) => `cfn-lint: ${withoutPlaces(line)}`));
  }
  if (sam !== undefined) {
    const { code, stderr } = await host.run(sam, ['validate', '--lint', '--template', template, '--region', 'us-east-1'], { cwd: folder, env: { SAM_CLI_TELEMETRY: '0' }, timeout: 120_000 });
    if (code !== 0) found.push(`sam validate: ${stderr.trim().split('\n').at(-1) ?? ''}`);
  }
  return found;
}
