import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheFolder, createScriptHost, repository } from '../script-host.ts';
import { provideBase } from '../stand-in/base.ts';
import { answersPage } from './answers/page.ts';
import { tryProject, type ProjectRow } from './answers/try-project.ts';
import { findTargets, nameOf } from './find-targets.ts';

const usage = `tsx scripts/corpus/answers.ts FOLDER…   builds and invokes projects before and after fix, with the same events

  --only TEXT    projects whose name matches the regular expression
  --most N       functions of one project (default 12)
  --sam PATH     sam build before and after as well
  --json FILE    keeps every project's rows there and does not try again what it has
  --minutes N    starts no project after so long
  --write        writes docs/answers.md
`;

// Needs dist/ (npm run build). Images get the stand-in base, since Lambda's own may not be within reach.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, most: { type: 'string' }, sam: { type: 'string' }, json: { type: 'string' }, minutes: { type: 'string' }, write: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (values.help === true || positionals.length === 0) {
  process.stderr.write(usage);
  process.exit(values.help === true ? 0 : 2);
}
const host = { ...createScriptHost(), emit: () => undefined };
const base = await provideBase(host, cacheFolder, 'host');
// sam asks for a Region, and SDKs shall not wait for what is not there.
const env = { AWS_DEFAULT_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true', AWS_MAX_ATTEMPTS: '1', ...(base.kind === 'stand-in' ? { SHEAR_REGISTRY_MIRRORS: base.mirrors } : {}) };
const rows: Record<string, ProjectRow | { readonly failed: string }> = values.json !== undefined && existsSync(values.json) ? (JSON.parse(readFileSync(values.json, 'utf8')) as Record<string, ProjectRow>) : {};
const until = Date.now() + 60_000 * Number(values.minutes ?? 600);
const only = new RegExp(values.only ?? '', 'u');
for (const target of positionals.flatMap(findTargets)) {
  const name = nameOf(target);
  if (!only.test(name) || name in rows || Date.now() > until) continue;
  const row = await tryProject(host, target, { mostFunctions: Number(values.most ?? 12), sam: values.sam, env }).catch((error: unknown) => ({ failed: error instanceof Error ? error.message : String(error) }));
  rows[name] = row;
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 1)}\n`);
  process.stdout.write(`${name}: ${'failed' in row ? row.failed : row.functions.map((one) => `${one.name} ${one.safe?.kind ?? one.reason ?? ''} ${one.unsafe?.kind ?? ''}`).join('; ')}\n`);
}
if (values.write === true) writeFileSync(join(repository, 'docs', 'answers.md'), answersPage(rows));
