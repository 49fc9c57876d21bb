#!/usr/bin/env node
// npm test: sets everything up, then builds, checks and tests. Plain JavaScript without dependencies, since it installs them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { begin, fail, installPackages, optionalPrograms, repository, step } from './setup.mjs';

begin();
await installPackages();
await optionalPrograms(['bubblewrap', 'skopeo', 'umoci'], { bubblewrap: 'bwrap' });
await step('build', 'npm', ['run', '--silent', 'build']);
const checks = [
  ['types', 'node_modules/.bin/tsc', ['--noEmit']],
  ['lint', 'node_modules/.bin/oxlint', ['--type-aware']],
  ...(existsSync(join(repository, 'scripts/generate.ts')) ? [['generated files', 'node_modules/.bin/tsx', ['scripts/generate.ts', '--check']]] : []),
];
const failed = [];
for (const [name, program, args] of checks) if (!(await step(name, program, args, { mayFail: true }))) failed.push(name);
await step('base images', 'node_modules/.bin/tsx', ['scripts/stand-in/main.ts'], { mayFail: true });

// Whatever an earlier command line built would hide what this one does.
rmSync(join(repository, '.cache', 'e2e'), { recursive: true, force: true });
const results = join(repository, '.cache', 'test-results.json');
mkdirSync(join(repository, '.cache'), { recursive: true });
rmSync(results, { force: true });
const vitest = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${results}`, ...process.argv.slice(2)];
const { status } = spawnSync(join(repository, 'node_modules/.bin/vitest'), vitest, { cwd: repository, stdio: 'inherit' });
if (!existsSync(results)) fail(`the tests could not be run (exit code ${status})`);
const totals = JSON.parse(readFileSync(results, 'utf8'));
const brokenFiles = totals.testResults.filter((file) => file.status === 'failed' && file.assertionResults.every((one) => one.status !== 'failed')).length;
const skipped = totals.numPendingTests + totals.numTodoTests;
for (const name of failed) console.log(`check failed: ${name}`);
console.log(`${totals.numPassedTests + checks.length - failed.length} passed, ${totals.numFailedTests + brokenFiles + failed.length} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = status === 0 && failed.length === 0 ? 0 : 1;
